"""From a network's logits to probabilities that mean what they say."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax, softmax

_FOLDS = 5
_LOG_T_BOUND = np.log(100.0)
_PRIOR = 3.0
"""The correction's standard deviation before any face is seen; 1 to 10 do alike on FER2013."""


@dataclass(frozen=True)
class Calibration:
    """How logits become probabilities: a temperature, and a correction by confidence.

    Networks trained on smoothed labels are too sure of the faces they half know and not sure
    enough of those they know well; no one temperature mends both. So a face's logits are
    sharpened by exp(a + b p + c p^2), p being the largest probability that the temperature gives
    (in the spirit of Tomani et al. 2022, "Parameterized Temperature Scaling"). A face's emotions
    keep their order, so accuracy stays.

    Attributes:
        temperature: what logits are divided by.
        correction: a, b and c; zeros for the temperature alone.
    """

    temperature: float = 1.0
    correction: tuple[float, ...] = (0.0, 0.0, 0.0)

    def apply(self, logits: NDArray[np.floating]) -> NDArray[np.float64]:
        """Returns the probabilities (N, C) of logits (N, C)."""
        scores = logits.astype(np.float64) / self.temperature
        sharpened: NDArray[np.float64] = softmax(_sharpened(scores, self.correction), axis=1)
        return sharpened


def fit_calibration(logits: NDArray[np.floating], labels: NDArray[np.integer]) -> Calibration:
    """Finds the temperature, then the correction, of the least negative log-likelihood.

    A normal prior draws the correction to zero, so that few faces move it little.

    Args:
        logits: (N, C) with N >= 1, finite.
        labels: int (N,), indices into the C columns.

    Raises:
        ValueError: there are no faces, or a logit is not finite.
    """
    temperature = fit_temperature(logits, labels)
    scores = _shifted(logits) / temperature
    rows = np.arange(len(labels))

    def loss(correction: NDArray[np.float64]) -> float:
        likelihood = log_softmax(_sharpened(scores, correction), axis=1)[rows, labels].mean()
        return float(((correction / _PRIOR) ** 2).sum() / 2 / len(labels) - likelihood)

    best = minimize(loss, np.zeros(3), method="L-BFGS-B", bounds=[(-5, 5)] * 3).x
    return Calibration(temperature, tuple(best.tolist()))


def deal(count: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Deals faces at random into folds; yields all others and those of each fold, by index."""
    order = np.random.default_rng(0).permutation(count)
    for held in np.array_split(order, min(_FOLDS, count)):
        yield np.setdiff1d(order, held), held


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
    scores = _shifted(logits)
    picked = scores[np.arange(len(labels)), labels]

    def loss(log_temperature: float) -> float:
        scale = np.exp(-log_temperature)
        normalizer = np.log(np.exp(scores * scale).sum(axis=1))
        return float((normalizer - picked * scale).mean())

    best = minimize_scalar(loss, bounds=(-_LOG_T_BOUND, _LOG_T_BOUND), method="bounded")
    return float(np.exp(best.x)) if loss(best.x) < loss(0.0) else 1.0


def _shifted(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Returns logits less each row's largest: softmax does not see it, and nothing overflows."""
    scores = logits.astype(np.float64)
    shifted: NDArray[np.float64] = np.maximum(scores - scores.max(axis=1, keepdims=True), -1e9)
    return shifted


def _sharpened(
    scores: NDArray[np.float64], correction: NDArray[np.float64] | tuple[float, ...]
) -> NDArray[np.float64]:
    a, b, c = correction
    sure: NDArray[np.float64] = softmax(scores, axis=1).max(axis=1, keepdims=True)
    return scores * np.exp(a + (b + c * sure) * sure)
