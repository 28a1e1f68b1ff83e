"""How much what was said of one face counts for another: the covariance of the learned change."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

# Chosen on half of the simulated users of benchmarks/personalization.py; see
# docs/personalization.md.
_LIKENESS = 24.0
_FEW = 0.08  # samples for each number of an embedding
_CONFUSION = 3.5


def to_units(embeddings: NDArray[np.floating]) -> Array:
    """Returns embeddings (N, D) scaled to length 1; one of zeros stays."""
    vectors = np.asarray(embeddings, np.float64)  # squares of float32 may pass its range
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: Array = (vectors / np.maximum(lengths, 1e-6)).astype(np.float32)
    return units


def likeness(units: Array, samples: Array) -> Array:
    """Returns the covariance of faces with n samples by how much they look alike.

    It is a power of the cosine: of strangers, next to nothing. Strangers' cosines are the larger
    the fewer numbers an embedding has, and what they say together the more, the more samples
    there are. So the power is 2 up to two samples for each 25 numbers, and 1 more for
    each threefold of that: a few samples reach far, many need not.

    Args:
        units: float32 (N, D), whitened embeddings of length 1.
        samples: float32 (n, D), those of all samples.

    Returns:
        float32 (N, n), in squared logits.
    """
    count, dimensions = samples.shape
    crowding = max(1.0, count / (_FEW * dimensions))
    power = 2 + math.ceil(math.log(crowding, 3))
    shared: Array = np.float32(_LIKENESS) * (units @ samples.T) ** power
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
