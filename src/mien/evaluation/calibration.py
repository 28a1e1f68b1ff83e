"""Whether a probability of 0.8 is right eight times in ten, and the temperature that helps."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import softmax

BINS = 15
FOLDS = 5
_LOG_T_BOUND = np.log(100.0)


@dataclass(frozen=True, eq=False)
class Reliability:
    """Top-label confidence against accuracy, in B equal-width bins.

    Attributes:
        edges: float64 (B + 1,), from 0 to 1; a bin holds its upper edge, not its lower.
        counts: int64 (B,), the faces in each bin.
        confidence: float64 (B,), the mean confidence in each bin; 0 where a bin is empty.
        accuracy: float64 (B,), the share that is right in each bin; 0 where a bin is empty.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]

    @property
    def ece(self) -> float:
        """Expected calibration error (Naeini et al. 2015): the mean gap, weighted by count."""
        gaps = np.abs(self.accuracy - self.confidence)
        return float((self.counts * gaps).sum() / self.counts.sum())


def reliability(
    probabilities: NDArray[np.floating], labels: NDArray[np.integer], bins: int = BINS
) -> Reliability:
    """Sorts N >= 1 faces into bins by the probability of their most probable emotion.

    Args:
        probabilities: (N, C), rows sum to 1.
        labels: (N,), indices into the C columns.
        bins: how many, of equal width (Guo et al. 2017 use 15).
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    edges = np.linspace(0, 1, bins + 1)
    index = np.digitize(confidence, edges[1:-1], right=True)
    counts = np.bincount(index, minlength=bins)
    divisor = np.maximum(counts, 1)
    return Reliability(
        edges,
        counts,
        np.bincount(index, confidence, bins) / divisor,
        np.bincount(index, right, bins) / divisor,
    )


def cross_fitted(
    logits: NDArray[np.floating], labels: NDArray[np.integer], folds: int = FOLDS
) -> NDArray[np.float64]:
    """Returns what calibrated answers are worth on faces that did not help to calibrate them.

    The faces are dealt at random into folds; each fold's probabilities come from the temperature
    that all the others fit. A calibration error measured on them is an honest one, and still
    uses every face.

    Args:
        logits: (N, C) with N >= 2, finite.
        labels: int (N,), indices into the C columns.
        folds: how many; no more than there are faces.

    Returns:
        Probabilities (N, C).
    """
    order = np.random.default_rng(0).permutation(len(labels))
    answers = np.empty(logits.shape, np.float64)
    for held in np.array_split(order, min(folds, len(labels))):
        others = np.setdiff1d(order, held)
        temperature = fit_temperature(logits[others], labels[others])
        answers[held] = softmax(logits[held].astype(np.float64) / temperature, axis=1)
    return answers


def fit_temperature(logits: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Finds the temperature T whose softmax(logits / T) has the least negative log-likelihood.

    Temperature scaling (Guo et al. 2017, "On Calibration of Modern Neural Networks"). The
    likelihood has one minimum in T; it is sought between 0.01 and 100, so that faces that are
    all right, or all wrong, still give a finite answer.

    Args:
        logits: (N, C) with N >= 1, finite.
        labels: int (N,), indices into the C columns.

    Returns:
        T, finite and positive; 1.0 where no other value is better.

    Raises:
        ValueError: there are no faces, or a logit is not finite.
    """
    if len(logits) == 0 or not np.isfinite(logits).all():
        raise ValueError(f"logits must be finite and at least one row, got {logits.shape}")
    scores = logits.astype(np.float64)
    # Softmax does not see a common shift; shifted so, nothing overflows.
    scores = np.maximum(scores - scores.max(axis=1, keepdims=True), -1e9)
    picked = scores[np.arange(len(labels)), labels]

    def loss(log_temperature: float) -> float:
        scale = np.exp(-log_temperature)
        normalizer = np.log(np.exp(scores * scale).sum(axis=1))
        return float((normalizer - picked * scale).mean())

    best = minimize_scalar(loss, bounds=(-_LOG_T_BOUND, _LOG_T_BOUND), method="bounded")
    return float(np.exp(best.x)) if loss(best.x) < loss(0.0) else 1.0
