"""The new last layer: a ridge-penalised multinomial regression on the embedding and old answers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

Floats = NDArray[np.float64]

FLOOR = 1e-4
"""The least probability of the old model that counts: its logarithm would grow without bound."""

_LEVEL = 1e-3  # penalty of the squared biases: a label that a fold lacks keeps a finite one
_ENOUGH = {"maxiter": 100, "ftol": 1e-7}  # the choice of a penalty is coarser than what is left


@dataclass(frozen=True, eq=False)
class Features:
    """What the old model says of N faces.

    Attributes:
        embeddings: float64 (N, D), whitened.
        logs: float64 (N, L), the logarithm of the old probability of each new label, `FLOOR` at
            least; 0 for a label that the old model does not know.
    """

    embeddings: Floats
    logs: Floats

    def take(self, chosen: NDArray[np.intp]) -> "Features":
        """Returns those of some faces."""
        return Features(self.embeddings[chosen], self.logs[chosen])


@dataclass(frozen=True, eq=False)
class Head:
    """A last layer: logits = scale * logs + embeddings @ weights + biases.

    Attributes:
        scale: how far the old model's answers are followed; 0 where it knows none of the labels.
        weights: float64 (D, L).
        biases: float64 (L,).
    """

    scale: float
    weights: Floats
    biases: Floats

    def logits(self, features: Features) -> Floats:
        """Returns the logits of N faces, (N, L)."""
        logits: Floats = (
            self.scale * features.logs + features.embeddings @ self.weights + self.biases
        )
        return logits


def fit_head(
    features: Features, labels: NDArray[np.int64], penalty: float, start: Head | None = None
) -> Head:
    """Learns a last layer that starts from the old model's own answers.

    With a high penalty it is the old model, its answers scaled and its base rates changed; the
    lower, the more the embedding says beside it (Hastie, Tibshirani and Friedman 2009, "The
    Elements of Statistical Learning", 4.4).

    Args:
        features: of N faces.
        labels: int64 (N,), each an index into the L labels.
        penalty: of the squared weights, beside the mean negative log-likelihood.
        start: where to begin, such as the head of a stronger penalty; None for the old answers.
    """
    (count, size), width = features.embeddings.shape, features.logs.shape[1]
    targets = np.eye(width)[labels]
    follows = bool(np.any(features.logs))

    def unpack(values: Floats) -> Head:
        weights = values[1 + width :].reshape(size, width)
        return Head(float(values[0]) if follows else 0.0, weights, values[1 : 1 + width])

    def loss(values: Floats) -> tuple[float, Floats]:
        head = unpack(values)
        logs = log_softmax(head.logits(features), axis=1)
        gap = (np.exp(logs) - targets) / count
        gradient = np.empty_like(values)
        gradient[0] = (gap * features.logs).sum() if follows else 0.0
        gradient[1 : 1 + width] = gap.sum(axis=0) + _LEVEL * head.biases
        slopes = features.embeddings.T @ gap + penalty * head.weights
        gradient[1 + width :] = slopes.ravel()
        added = penalty * (head.weights**2).sum() + _LEVEL * (head.biases**2).sum()
        return float(-(targets * logs).sum() / count + added / 2), gradient

    begin = start or Head(float(follows), np.zeros((size, width)), np.zeros(width))
    values = np.concatenate([[begin.scale], begin.biases, begin.weights.ravel()])
    found = minimize(loss, values, jac=True, method="L-BFGS-B", options=_ENOUGH)
    return unpack(found.x)
