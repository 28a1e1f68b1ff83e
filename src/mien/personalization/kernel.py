"""How much what was said of one face counts for another: the covariance of the learned change."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

# Chosen on half of the simulated users of benchmarks/personalization.py; see
# docs/personalization.md.
_LIKENESS = 24.0
_STEEPNESS = 44.0
_CONFUSION = 3.5


def to_units(embeddings: NDArray[np.floating]) -> Array:
    """Returns embeddings (N, D) scaled to length 1; one of zeros stays."""
    vectors = np.asarray(embeddings, np.float32)
    lengths = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
    units: Array = vectors / np.maximum(lengths, np.float32(1e-6))
    return units


def likeness(units: Array, others: Array) -> Array:
    """Returns the covariance of faces by how much they look alike: of strangers, next to nothing.

    It is a power of the cosine. The fewer numbers an embedding has, the larger are strangers'
    cosines, about as the root of it, and the higher is the power.

    Args:
        units: float32 (N, D), whitened embeddings of length 1.
        others: float32 (M, D).

    Returns:
        float32 (N, M), in squared logits.
    """
    power = max(2, round(_STEEPNESS / math.sqrt(units.shape[1])))
    shared: Array = np.float32(_LIKENESS) * (units @ others.T) ** power
    return shared


def confusion(agreements: Array) -> Array:
    """Returns the covariance of faces that the base model answers alike, whoever they are of.

    Args:
        agreements: float32 (N, M), the Bhattacharyya coefficients of the base model's answers.

    Returns:
        float32 (N, M), in squared logits.
    """
    shared: Array = np.float32(_CONFUSION) * np.square(np.square(np.square(agreements)))
    return shared
