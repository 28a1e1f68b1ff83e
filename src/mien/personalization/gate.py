"""Whether what was learned from a user's samples is to be used: cross-validation."""

import numpy as np
from numpy.typing import NDArray

from mien.personalization.head import fit, softmax, to_logits
from mien.personalization.samples import Samples

_LEAVE_ONE_OUT = 20
_FOLDS = 10
_CONFIDENCES = np.linspace(1, 0, 11)
# Chosen on half of the simulated users of benchmarks/personalization.py, so that labels at random
# cost at most a point; see docs/personalization.md.
_DOUBT = 4.0
_STANDARD_ERRORS = 0.5


def cross_validate(
    samples: Samples, covariance: NDArray[np.float32], groups: NDArray[np.int64]
) -> NDArray[np.floating]:
    """Returns logits (n, 7), each from a head that has not seen the face, nor a copy of it.

    One group of copies at a time is left out while there are up to 20; 10 folds beyond.

    Args:
        samples: n of them.
        covariance: float32 (n, n), of the samples.
        groups: int64 (n,), from `mien.personalization.copies.find_groups`.
    """
    count = groups.max(initial=0) + 1
    parts = count if count <= _LEAVE_ONE_OUT else _FOLDS
    folds = groups % parts
    kept = folds != np.arange(parts)[:, None]
    offsets = to_logits(samples.probabilities)
    heads = fit(covariance, offsets, samples.labels, kept)
    changes = covariance @ heads  # (F, n, 7): what each head says of each sample
    return offsets + changes[folds, np.arange(len(samples))]


def is_open(
    adapted: NDArray[np.floating],
    recalled: NDArray[np.floating],
    samples: Samples,
    groups: NDArray[np.int64],
) -> bool:
    """Tells whether what was learned of the model's answers holds beyond the faces taught.

    The base model's own log loss is not enough to beat. Of a user who labels at random any head
    learns that everything is equally likely, and that has the lower log loss. So where scaling the
    base model's logits by a factor from 0 to 1 saves more than 4 nats over all samples, it is the
    scaled model that must be beaten: fewer nats may be a few mistakes of the model. And where
    likeness alone explains the labels, nobody else's faces need to change. To open the gate, the
    head must be better by more than half a standard error. Copies of one face count as one.

    Args:
        adapted: cross-validated logits (n, 7), of a head that learned all it may.
        recalled: the same of one that learned by likeness alone.
        samples: n of them.
        groups: int64 (n,), from `mien.personalization.copies.find_groups`.
    """
    count = groups.max(initial=0) + 1
    if count < 2:
        return False
    logits = to_logits(samples.probabilities)
    *rivals, losses = (
        np.bincount(groups, log_loss(one, samples.labels)) / np.bincount(groups)
        for one in (*(scale * logits for scale in _CONFIDENCES), recalled, adapted)
    )
    doubts = np.append(_CONFIDENCES < 1, False)
    best = np.argmin(np.sum(rivals, axis=1) + _DOUBT * doubts)
    gains = rivals[best] - losses
    return bool(gains.mean() > _STANDARD_ERRORS * gains.std(ddof=1) / np.sqrt(count))


def log_loss(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> NDArray[np.floating]:
    """Returns the negative log-likelihood of each label, (n,), in nats."""
    likely = softmax(logits)[np.arange(len(labels)), labels]
    losses: NDArray[np.floating] = -to_logits(likely)
    return losses
