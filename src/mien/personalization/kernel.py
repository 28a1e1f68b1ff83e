"""How much what was said of one face counts for another: the covariance of the learned change."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

# Chosen on half of the simulated users of benchmarks/personalization.py; see
# docs/personalization.md.
_VARIANCE = 1.0
_REACH = 0.8
# Two frames of a film show one face with one look at a cosine of 0.98 and more; of two strangers,
# one pair in 10,000 comes that close.
_RECALL_VARIANCE = 8.0
_RECALL_REACH = 0.01


def to_units(embeddings: NDArray[np.floating]) -> Array:
    """Returns embeddings (N, D) scaled to length 1; one of zeros stays."""
    vectors = np.asarray(embeddings, np.float32)
    lengths = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
    units: Array = vectors / np.maximum(lengths, np.float32(1e-6))
    return units


def alikeness(cosines: Array, agreements: Array) -> Array:
    """Returns the covariance of faces that look alike and that the base model answers alike.

    It falls off exponentially with the cosine distance of their embeddings.

    Args:
        cosines: float32 (N, M), of N faces' embeddings with M others'.
        agreements: float32 (N, M), the Bhattacharyya coefficients of the base model's answers.

    Returns:
        float32 (N, M), in squared logits.
    """
    agreed = np.square(np.square(agreements))
    shared: Array = np.float32(_VARIANCE) * agreed * np.exp((cosines - 1) / np.float32(_REACH))
    return shared


def sameness(cosines: Array) -> Array:
    """Returns the covariance (N, M) of faces that are as good as the same; of others, nearly 0."""
    shared: Array = np.float32(_RECALL_VARIANCE) * np.exp((cosines - 1) / np.float32(_RECALL_REACH))
    return shared
