"""Whether a probability of 0.8 is right eight times in ten."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 15
_DRAWS = 500


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


def ece_by_chance(probabilities: NDArray[np.floating]) -> tuple[float, float]:
    """Returns between which errors 95 % lie of answers that are calibrated perfectly.

    The error of so many faces is never 0: in each bin chance alone moves the share that is right.
    An error in this range is no evidence of any (Bröcker and Smith 2007, consistency resampling:
    here 500 draws of which answers are right, each as probable as its confidence says).

    Args:
        probabilities: (N, C) with N >= 1, rows sum to 1.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    rng = np.random.default_rng(0)
    index = np.digitize(confidence, np.linspace(0, 1, BINS + 1)[1:-1], right=True)
    errors = [
        np.abs(np.bincount(index, (rng.random(len(index)) < confidence) - confidence)).sum()
        for _ in range(_DRAWS)
    ]
    low, high = np.quantile(errors, (0.025, 0.975)) / len(index)
    return float(low), float(high)
