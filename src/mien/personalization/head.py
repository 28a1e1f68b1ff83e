"""Kernel logistic regression, centred on the base model's own logits."""

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS

Array = NDArray[np.floating]

_LEAST = 1e-6
"""Below this a probability counts as this, so that its logarithm is a finite number."""
_ITERATIONS = 30


def to_logits(probabilities: Array) -> Array:
    """Returns logits (N, 7) of which `softmax` makes these probabilities again."""
    logits: Array = np.log(np.maximum(probabilities, _LEAST))
    return logits


def softmax(logits: Array, axis: int = -1) -> Array:
    """Returns the probabilities along an axis, by default the last."""
    powers = np.exp(logits - logits.max(axis=axis, keepdims=True))
    probabilities: Array = powers / powers.sum(axis=axis, keepdims=True)
    return probabilities


def fit(
    covariance: Array,
    offsets: Array,
    labels: NDArray[np.int64],
    kept: NDArray[np.bool_],
) -> Array:
    """Fits F heads at once, each to some of n samples: maximum a posteriori.

    A head adds `covariance @ coefficients` to the offsets; before any sample that is zero, with
    the covariance given. Each step solves the problem with the log-likelihood's curvature
    replaced by its bound of 1/2, which needs one inverse for all steps and never overshoots
    (Böhning 1992, Multinomial logistic regression algorithm; kernels: Zhu and Hastie 2005).

    Args:
        covariance: float (n, n).
        offsets: float (n, 7), the base model's logits.
        labels: int64 (n,).
        kept: bool (F, n), the samples that each head learns from.

    Returns:
        float32 (F, n, 7), 0 for samples not kept; the sum over the emotions is 0.
    """
    whole = np.linalg.inv(np.eye(len(labels)) + np.asarray(covariance, np.float64) / 2)
    inverse = np.stack([_leave_out(whole, ~one) for one in kept]).astype(np.float32)
    # Emotions before samples, and half the precision, make the steps twice as fast.
    chosen = kept[:, None].astype(np.float32)
    step = 2 * (chosen * np.eye(len(labels), dtype=np.float32) - inverse)  # covariance @ inverse
    targets = np.eye(len(EMOTIONS), dtype=np.float32)[:, labels]
    start = np.asarray(offsets.T, np.float32)
    change = np.zeros((len(kept), len(EMOTIONS), len(labels)), np.float32)
    for _ in range(_ITERATIONS):
        pull = chosen * (targets - softmax(start + change, axis=1) + change / 2)
        change = pull @ step
    return np.swapaxes(pull @ inverse, 1, 2)


def _leave_out(inverse: Array, left_out: NDArray[np.bool_]) -> Array:
    """Returns the inverse of a matrix less some rows and columns, with zeros in their place."""
    rows = inverse[left_out]
    solved: Array = np.linalg.solve(rows[:, left_out], rows)
    return inverse - rows.T @ solved
