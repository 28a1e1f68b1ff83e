"""Cross-validation of a user's corrections: whether they generalize, and whether they drift."""

import numpy as np
from numpy.typing import NDArray

from mien.personalization.adapter import fit, softmax, to_logits
from mien.personalization.samples import Samples

RECENT = 10
"""How many samples are recent. Drift is looked for where there are as many before them."""

_LEAVE_ONE_OUT = 20  # groups of copies up to which one at a time is left out
_FOLDS = 10
_CONFIDENCES = np.linspace(1, 0, 11)
# Chosen on half of the simulated users of benchmarks/personalization.py, so that labels at random
# cost at most a point; see docs/personalization.md.
_MIN_DOUBT = 4.0  # nats that a less confident model must save to be the one to beat
_MIN_GAIN = 0.5  # standard errors
_MIN_DISAGREEMENT = 2.0  # standard errors


def cross_validate(
    samples: Samples, covariance: NDArray[np.floating], groups: NDArray[np.int64]
) -> NDArray[np.floating]:
    """Returns logits (n, L), each from a regression without that face and its copies.

    One group of copies at a time is left out while there are up to 20; 10 folds beyond.

    Args:
        samples: n of them.
        covariance: float32 (n, n), of the samples.
        groups: int64 (n,), from `mien.personalization.samples.group_copies`.
    """
    count = groups.max(initial=0) + 1
    parts = count if count <= _LEAVE_ONE_OUT else _FOLDS
    folds = groups % parts
    included = folds != np.arange(parts)[:, None]
    offsets = to_logits(samples.probabilities)
    coefficients = fit(covariance, offsets, samples.labels, included)
    changes = covariance @ coefficients  # (F, n, L): what each fold predicts for each sample
    return offsets + changes[folds, np.arange(len(samples))]


def should_generalize(
    adapted: NDArray[np.floating],
    similar_only: NDArray[np.floating],
    samples: Samples,
    groups: NDArray[np.int64],
) -> bool:
    """Returns whether the corrections should apply to all faces, not to similar ones only.

    They must predict faces left out better than the best of three, by half a standard error:

    - the model itself;
    - the adapter for similar faces only: where it explains the labels, nobody else's faces need to
      change;
    - the model with its logits scaled by a factor from 0 to 1, where that saves more than 4 nats
      over all samples; fewer may be a few mistakes of the model. Of a user who labels at random any
      regression learns that every label is equally likely, which alone has a lower log loss.

    Copies of one face count as one.

    Args:
        adapted: cross-validated logits (n, L), of the adapter that generalizes.
        similar_only: the same, of the one that does not.
        samples: n of them.
        groups: int64 (n,), from `mien.personalization.samples.group_copies`.
    """
    count = groups.max(initial=0) + 1
    if count < 2:
        return False
    logits = to_logits(samples.probabilities)
    scaled = [scale * logits for scale in _CONFIDENCES]
    *rivals, losses = (
        np.bincount(groups, log_loss(rival, samples.labels)) / np.bincount(groups)
        for rival in (*scaled, similar_only, adapted)
    )
    handicaps = _MIN_DOUBT * np.append(_CONFIDENCES < 1, False)
    best = np.argmin(np.sum(rivals, axis=1) + handicaps)
    gains = rivals[best] - losses
    return bool(gains.mean() > _MIN_GAIN * gains.std(ddof=1) / np.sqrt(count))


def log_loss(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> NDArray[np.floating]:
    """Returns the negative log-likelihood of each label, (n,), in nats."""
    likely = softmax(logits)[np.arange(len(labels)), labels]
    losses: NDArray[np.floating] = -to_logits(likely)
    return losses


def describe_drift(
    samples: Samples, covariance: NDArray[np.floating], adapted: NDArray[np.floating]
) -> str | None:
    """Returns a warning if the recent samples disagree with the older ones, otherwise None.

    They disagree if what is learned from the older ones alone predicts the recent ones worse than
    cross-validation predicts the older: by more than two standard errors of the difference of
    their mean log losses (Welch's).

    Args:
        samples: n of them, the oldest first.
        covariance: float32 (n, n), of the samples.
        adapted: float (n, L), cross-validated logits of all of them.
    """
    old = len(samples) - RECENT
    if old < RECENT:
        return None
    older = np.arange(len(samples)) < old
    offsets = to_logits(samples.probabilities)
    (coefficients,) = fit(covariance, offsets, samples.labels, older[None])
    predicted = np.where(older[:, None], adapted, offsets + covariance @ coefficients)
    losses = log_loss(predicted, samples.labels)
    before, recent = losses[older], losses[~older]
    error = np.sqrt(before.var(ddof=1) / old + recent.var(ddof=1) / RECENT)
    if recent.mean() - before.mean() <= _MIN_DISAGREEMENT * error:
        return None
    right = predicted.argmax(axis=1) == samples.labels
    return (
        f"the last {RECENT} corrections disagree with the {old} before them, which predict "
        f"{right[~older].mean():.0%} of the last and {right[older].mean():.0%} of the earlier "
        "correctly; undo the earlier ones if they no longer apply"
    )
