"""Metrics of labelled faces: pure functions from arrays to one frozen dataclass."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, log_loss, precision_recall_fscore_support

from mien.emotions import EMOTIONS
from mien.evaluation.reliability import ece_by_chance, reliability

Interval = tuple[float, float]
INTERVAL_METHOD = "95 % Wilson score interval"
_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class EmotionMetrics:
    """One label's figures.

    Attributes:
        precision: of the faces given this emotion, the share that has it; None if there are none.
        recall: of the faces that have this emotion, the share found; None if there are none.
        f1: the harmonic mean of both; None if the split has no such face.
        support: how many faces have this emotion.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    support: int


@dataclass(frozen=True)
class CleanAccuracy:
    """Accuracy over the faces that have no copy or near copy in the Training split."""

    n: int
    accuracy: float
    accuracy_interval: Interval


@dataclass(frozen=True)
class Metrics:
    """What `compute_metrics` measured on n faces.

    Attributes:
        n: how many faces.
        accuracy: the share whose most probable emotion is the label.
        accuracy_interval: its 95 % Wilson score interval.
        mean_recall: the mean recall of the labels that the split has.
        macro_f1: the mean F1 of the emotions that the split has.
        per_emotion: name to figures, in the order of the labels.
        nll: mean negative log-likelihood, in nats.
        ece: expected calibration error, 15 equal-width bins of top-label confidence, 0 to 1.
        ece_by_chance: between which errors 95 % would lie, were these answers calibrated perfectly.
        confusion: L x L counts, one row per true label, one column per predicted one.
        without_copies: accuracy over the faces with no copy in Training; None if not measured.
    """

    n: int
    accuracy: float
    accuracy_interval: Interval
    mean_recall: float
    macro_f1: float
    per_emotion: dict[str, EmotionMetrics]
    nll: float
    ece: float
    ece_by_chance: Interval
    confusion: tuple[tuple[int, ...], ...]
    without_copies: CleanAccuracy | None = None

    def to_dict(self) -> dict[str, Any]:
        """Returns plain dictionaries, lists, numbers and None, ready for JSON."""
        return asdict(self)


def compute_metrics(
    probabilities: NDArray[np.floating],
    labels: NDArray[np.integer],
    copies: NDArray[np.bool_] | None = None,
    names: Sequence[str] = EMOTIONS,
) -> Metrics:
    """Measures predictions against labels.

    Args:
        probabilities: (N, L) with N >= 1, in the order of `names`; rows sum to 1.
        labels: int (N,), indices into `names`.
        copies: bool (N,), which faces have a copy or near copy in the Training split; None if
            unknown.
        names: of the L labels.

    Raises:
        ValueError: a shape is wrong, a label is out of range, or the rows are no probabilities.
    """
    _check(probabilities, labels, len(names))
    right = probabilities.argmax(axis=1) == labels
    per_emotion = _per_emotion(probabilities.argmax(axis=1), labels, names)
    classes = range(len(names))
    exact = probabilities.astype(np.float64)
    return Metrics(
        n=len(labels),
        accuracy=float(right.mean()),
        accuracy_interval=wilson_interval(int(right.sum()), len(right)),
        mean_recall=float(
            np.mean([e.recall for e in per_emotion.values() if e.support and e.recall is not None])
        ),
        macro_f1=float(np.mean([e.f1 for e in per_emotion.values() if e.f1 is not None])),
        per_emotion=per_emotion,
        nll=float(log_loss(labels, exact / exact.sum(axis=1, keepdims=True), labels=classes)),
        ece=reliability(probabilities, labels).ece,
        ece_by_chance=ece_by_chance(probabilities),
        confusion=_confusion(probabilities.argmax(axis=1), labels, len(names)),
        without_copies=None if copies is None else _clean_accuracy(right[~copies]),
    )


def wilson_interval(successes: int, n: int) -> Interval:
    """Returns the 95 % score interval of a proportion (Wilson 1927), for n >= 1 trials."""
    share = successes / n
    centre = share + _Z**2 / (2 * n)
    spread = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    scale = 1 + _Z**2 / n
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def _check(probabilities: NDArray[np.floating], labels: NDArray[np.integer], count: int) -> None:
    if len(labels) == 0 or probabilities.shape != (len(labels), count):
        raise ValueError(
            f"probabilities must be (N, {count}) for N >= 1 labels,"
            f" got {probabilities.shape} for {len(labels)}"
        )
    if labels.min() < 0 or labels.max() >= count:
        raise ValueError(f"labels must lie between 0 and {count - 1}")
    if not (probabilities.min() >= 0 and np.allclose(probabilities.sum(axis=1), 1, atol=1e-3)):
        raise ValueError("each row of probabilities must be 0 or more and sum to 1")


def _per_emotion(
    predicted: NDArray[np.integer], labels: NDArray[np.integer], names: Sequence[str]
) -> dict[str, EmotionMetrics]:
    columns = precision_recall_fscore_support(
        labels, predicted, labels=range(len(names)), zero_division=np.nan
    )
    return {
        name: EmotionMetrics(
            _defined(precision), _defined(recall), _defined(f1) if support else None, int(support)
        )
        for name, precision, recall, f1, support in zip(names, *columns, strict=True)
    }


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _confusion(
    predicted: NDArray[np.integer], labels: NDArray[np.integer], count: int
) -> tuple[tuple[int, ...], ...]:
    counts = confusion_matrix(labels, predicted, labels=range(count))
    return tuple(tuple(int(count) for count in row) for row in counts)


def _clean_accuracy(right: NDArray[np.bool_]) -> CleanAccuracy | None:
    if len(right) == 0:
        return None
    interval = wilson_interval(int(right.sum()), len(right))
    return CleanAccuracy(len(right), float(right.mean()), interval)
