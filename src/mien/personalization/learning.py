"""From a user's samples to an adapter, and whether it may generalise."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS
from mien.errors import ProfileError
from mien.personalization.adapter import (
    Adapter,
    confusion,
    fit,
    likeness,
    softmax,
    to_logits,
    to_units,
)


@dataclass(frozen=True, eq=False)
class Samples:
    """A user's n labelled faces as the base model saw them, the oldest first.

    Attributes:
        embeddings: float32 (n, D).
        probabilities: float32 (n, 7), what the base model answered; rows sum to 1.
        labels: int64 (n,), what the user says, each an index into `EMOTIONS`.

    Raises:
        ProfileError: the arrays disagree in length, or hold what they may not.
    """

    embeddings: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        count, emotions = len(self.labels), len(EMOTIONS)
        if self.embeddings.ndim != 2 or len(self.embeddings) != count:
            raise ProfileError(
                f"embeddings must be ({count}, D), one for each label, got {self.embeddings.shape}"
            )
        if self.probabilities.shape != (count, emotions):
            raise ProfileError(
                f"probabilities must be ({count}, {emotions}), got {self.probabilities.shape}"
            )
        if not (np.isfinite(self.embeddings).all() and np.isfinite(self.probabilities).all()):
            raise ProfileError("embeddings and probabilities must be finite numbers")
        if count and (self.labels.min() < 0 or self.labels.max() >= emotions):
            raise ProfileError(f"labels must lie between 0 and {emotions - 1}")

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.integer]) -> "Samples":
        """Returns some samples, by a mask (n,) or by their indices."""
        return Samples(self.embeddings[chosen], self.probabilities[chosen], self.labels[chosen])


_LEAVE_ONE_OUT = 20
_FOLDS = 10
_CONFIDENCES = np.linspace(1, 0, 11)
# Chosen on half of the simulated users of benchmarks/personalization.py, so that labels at random
# cost at most a point; see docs/personalization.md.
_DOUBT = 4.0
_STANDARD_ERRORS = 0.5


def cross_validate(
    samples: Samples, covariance: NDArray[np.floating], groups: NDArray[np.int64]
) -> NDArray[np.floating]:
    """Returns logits (n, 7), each from a head that has not seen the face, nor a copy of it.

    One group of copies at a time is left out while there are up to 20; 10 folds beyond.

    Args:
        samples: n of them.
        covariance: float32 (n, n), of the samples.
        groups: int64 (n,), from `mien.personalization.learning.find_groups`.
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
        groups: int64 (n,), from `mien.personalization.learning.find_groups`.
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


SAME_FACE = 0.7
"""The cosine of two embeddings from which they count as one face shown twice. Of FER2013's copies
19 in 20 lie above 0.78, with `default`; of two strangers' faces one pair in 200,000 lies above
0.7, with `small` one in 7,000."""


def find_groups(cosines: NDArray[np.floating]) -> NDArray[np.int64]:
    """Groups faces that are copies of each other, or of a common copy.

    Args:
        cosines: float32 (n, n), of their embeddings.

    Returns:
        int64 (n,), numbers from 0 without gaps.
    """
    same = cosines >= SAME_FACE
    np.fill_diagonal(same, True)  # an embedding of zeros is not like itself otherwise
    groups = np.arange(len(cosines))
    while True:
        joined = np.where(same, groups, len(groups)).min(axis=1, initial=len(groups))
        if (joined == groups).all():
            return np.unique(groups, return_inverse=True)[1]
        groups = joined


RECENT = 10
"""How many samples are recent. Drift needs as many before them."""
_DRIFT_STANDARD_ERRORS = 2


def describe_drift(
    samples: Samples, covariance: NDArray[np.floating], adapted: NDArray[np.floating]
) -> str | None:
    """Returns what to tell a user whose recent samples disagree with the older ones, else None.

    They disagree if a head learned from the older ones alone foretells the recent ones worse than
    cross-validation foretells the older: by more than two standard errors of the difference of
    their mean log losses (Welch's).

    Args:
        samples: n of them, the oldest first.
        covariance: float32 (n, n), of the samples.
        adapted: float (n, 7), cross-validated logits of all of them.
    """
    old = len(samples) - RECENT
    if old < RECENT:
        return None
    older = np.arange(len(samples)) < old
    offsets = to_logits(samples.probabilities)
    (head,) = fit(covariance, offsets, samples.labels, older[None])
    foretold = np.where(older[:, None], adapted, offsets + covariance @ head)
    losses = log_loss(foretold, samples.labels)
    before, recent = losses[older], losses[~older]
    error = np.sqrt(before.var(ddof=1) / old + recent.var(ddof=1) / RECENT)
    if recent.mean() - before.mean() <= _DRIFT_STANDARD_ERRORS * error:
        return None
    right = foretold.argmax(axis=1) == samples.labels
    return (
        f"the last {RECENT} corrections disagree with the {old} before them: what was learned "
        f"from those foretells {right[~older].mean():.0%} of the last, and "
        f"{right[older].mean():.0%} of its own; take the older ones back if they no longer hold"
    )


MOST = 500
"""How many samples are learned from, the newest: learning takes time with their cube."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What an adapter is worth on the samples that it was learned from.

    Attributes:
        samples: how many it was learned from.
        gate_open: the adapter's.
        base_log_loss: the base model's mean log loss on them, in nats; 0 if there are none.
        adapted_log_loss: the adapter's, cross-validated: for each sample it was learned from the
            others, its copies left out.
        base_accuracy: the share of them that the base model names as the user does, 0 to 1.
        adapted_accuracy: the same, cross-validated likewise.
        drift: what to tell a user whose recent samples disagree with the older ones; else None.
    """

    samples: int
    gate_open: bool
    base_log_loss: float
    adapted_log_loss: float
    base_accuracy: float
    adapted_accuracy: float
    drift: str | None


@dataclass(frozen=True, eq=False)
class Lesson(Figures):
    """What was learned from a user's samples, and what that is worth.

    Attributes:
        adapter: what to answer with. It changes faces that look like a sample and, where its gate
            is open, faces that the base model answers like one.
    """

    adapter: Adapter

    @property
    def figures(self) -> Figures:
        """What it is worth, without what was learned."""
        return Figures(**{one.name: getattr(self, one.name) for one in fields(Figures)})


def learn(samples: Samples) -> Lesson:
    """Learns an adapter from a user's samples, the newest 500 of them.

    Args:
        samples: any number, 0 as well; the oldest first.
    """
    newest = samples.take(np.arange(len(samples))[-MOST:])
    units, answers = to_units(newest.embeddings), np.sqrt(newest.probabilities)
    alike = likeness(units, units)
    shared = alike + confusion(answers @ answers.T)
    base, groups = to_logits(newest.probabilities), find_groups(units @ units.T)
    recalled, adapted = (cross_validate(newest, one, groups) for one in (alike, shared))
    gate_open = is_open(adapted, recalled, newest, groups)
    used, foretold = (shared, adapted) if gate_open else (alike, recalled)
    (pushes,) = fit(used, base, newest.labels, np.ones((1, len(newest)), bool))
    return Lesson(
        adapter=Adapter(units, answers, pushes.astype(np.float32), gate_open),
        samples=len(newest),
        gate_open=gate_open,
        base_log_loss=_mean(log_loss(base, newest.labels)),
        adapted_log_loss=_mean(log_loss(foretold, newest.labels)),
        base_accuracy=_mean(base.argmax(axis=1) == newest.labels),
        adapted_accuracy=_mean(foretold.argmax(axis=1) == newest.labels),
        drift=describe_drift(newest, used, foretold),
    )


def _mean(values: NDArray[np.generic]) -> float:
    return float(values.mean()) if values.size else 0.0
