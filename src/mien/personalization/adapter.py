"""The adapter of one user: kernel logistic regression on a model's logits.

The user's corrected faces are the samples. Before any sample the change of the logits is zero, with
a covariance between two faces that has two parts: `similarity_covariance` of their embeddings, and,
where the adapter generalizes, `confusion_covariance` of the model's probabilities for them.
"""

import io
import math
from dataclasses import dataclass
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from mien.errors import ProfileError

Array = NDArray[np.floating]

_FORMAT = 3
# The stored names of the arrays; that of `generalizes` is gate_open.
_ARRAYS = {"units": "embeddings", "answers": "root_probabilities", "pushes": "coefficients"}
# What NumPy and zipfile raise on bytes that are no archive, or one with a flipped bit.
_DAMAGED = (
    *(OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, RuntimeError),
    BadZipFile,
)

# The variances, in squared logits, and the samples for each dimension of an embedding were chosen
# on half of the simulated users of benchmarks/personalization.py; see docs/personalization.md.
_SIMILARITY_VARIANCE = 24.0
_CONFUSION_VARIANCE = 3.5
_SAMPLES_PER_DIMENSION = 0.08
_MIN_PROBABILITY = 1e-6  # so that every logarithm is finite
_ITERATIONS = 30


@dataclass(frozen=True, eq=False)
class Adapter:
    """Adapts a model's probabilities to one user, by what was learned from n corrected faces.

    Attributes:
        embeddings: float32 (n, D), of the corrected faces, scaled to length 1.
        root_probabilities: float32 (n, L), the square roots of the model's probabilities for them.
        coefficients: float32 (n, L), how far each corrected face changes the logits of a face with
            which its covariance is 1.
        generalizes: whether the corrections apply to all faces; otherwise to similar faces only.
    """

    embeddings: NDArray[np.float32]
    root_probabilities: NDArray[np.float32]
    coefficients: NDArray[np.float32]
    generalizes: bool

    def adapt(
        self, probabilities: NDArray[np.float32], embeddings: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Returns the user's probabilities for N faces.

        Args:
            probabilities: float32 (N, L), of the model.
            embeddings: float32 (N, D), of the model.

        Returns:
            float32 (N, L); rows sum to 1.

        Raises:
            ProfileError: the arrays are not of the model that the adapter was learned with.
        """
        self._check(probabilities, embeddings)
        covariance = similarity_covariance(normalize(embeddings), self.embeddings)
        if self.generalizes:
            covariance += confusion_covariance(np.sqrt(probabilities) @ self.root_probabilities.T)
        logits = to_logits(probabilities) + covariance @ self.coefficients
        return softmax(logits).astype(np.float32)

    def to_bytes(self) -> bytes:
        """Returns the adapter as the bytes of a NumPy archive."""
        buffer = io.BytesIO()
        arrays = {stored: getattr(self, name) for stored, name in _ARRAYS.items()}
        np.savez(buffer, format=np.array(_FORMAT), gate_open=np.array(self.generalizes), **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Adapter":
        """Reads the bytes that `to_bytes` returned.

        Raises:
            ProfileError: the bytes are damaged, or of another version of the format.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as archive:
                version = int(archive["format"])
                if version != _FORMAT:
                    raise _format_error(version)
                generalizes = bool(archive["gate_open"])
                arrays = [archive[stored] for stored in _ARRAYS]
        except _DAMAGED:
            raise _damaged_error() from None
        if not _are_consistent(*arrays):
            raise _damaged_error()
        embeddings, root_probabilities, coefficients = arrays
        return cls(embeddings, root_probabilities, coefficients, generalizes)

    def _check(self, probabilities: NDArray[np.float32], embeddings: NDArray[np.float32]) -> None:
        for name, given, known in (
            ("embeddings", embeddings, self.embeddings),
            ("probabilities", probabilities, self.coefficients),
        ):
            if given.ndim != 2 or given.shape[1] != known.shape[1]:
                raise ProfileError(
                    f"the profile was taught with {name} of {known.shape[1]} numbers a face, not "
                    f"of shape {given.shape}",
                    remedy="use it with the model that it was taught with",
                )


def _are_consistent(
    embeddings: NDArray[np.float32],
    root_probabilities: NDArray[np.float32],
    coefficients: NDArray[np.float32],
) -> bool:
    """Returns whether an adapter can have these arrays."""
    arrays = (embeddings, root_probabilities, coefficients)
    if not all(array.ndim == 2 and array.dtype == np.float32 for array in arrays):
        return False
    same_shape = root_probabilities.shape == coefficients.shape
    finite = all(np.isfinite(array).all() for array in arrays)
    return same_shape and finite and len(embeddings) == len(coefficients)


def _damaged_error() -> ProfileError:
    return ProfileError("the stored adapter is damaged", remedy="learn it again")


def _format_error(version: int) -> ProfileError:
    return ProfileError(
        f"the stored adapter is of format {version}, this version of Mien reads {_FORMAT}",
        remedy="learn it again",
    )


def normalize(embeddings: NDArray[np.floating]) -> Array:
    """Returns embeddings (N, D) scaled to length 1, float32; one of zeros stays."""
    vectors = np.asarray(embeddings, np.float64)  # squares of float32 may pass its range
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: Array = (vectors / np.maximum(lengths, 1e-6)).astype(np.float32)
    return units


def similarity_covariance(embeddings: Array, samples: Array) -> Array:
    """Returns the covariance of faces with n samples by how similar they look.

    It is a power of the cosine, so that of strangers it is next to zero. Strangers' cosines are
    larger where an embedding has fewer dimensions, and many samples together outweigh one face.
    So the power is 2 up to two samples for each 25 dimensions, and 1 more for each threefold of
    that: few samples reach far, many need not.

    Args:
        embeddings: float32 (N, D), whitened, of length 1.
        samples: float32 (n, D), of all samples, likewise.

    Returns:
        float32 (N, n), in squared logits.
    """
    count, dimensions = samples.shape
    crowding = max(1.0, count / (_SAMPLES_PER_DIMENSION * dimensions))
    power = 2 + math.ceil(math.log(crowding, 3))
    covariance: Array = np.float32(_SIMILARITY_VARIANCE) * (embeddings @ samples.T) ** power
    return covariance


def confusion_covariance(agreements: Array) -> Array:
    """Returns the covariance of faces by how far the model's probabilities for them agree.

    Args:
        agreements: float32 (N, n), the Bhattacharyya coefficients of their probabilities.

    Returns:
        float32 (N, n), in squared logits.
    """
    covariance: Array = np.float32(_CONFUSION_VARIANCE) * np.square(
        np.square(np.square(agreements))
    )
    return covariance


def to_logits(probabilities: Array) -> Array:
    """Returns logits (N, L), of which `softmax` returns these probabilities."""
    logits: Array = np.log(np.maximum(probabilities, _MIN_PROBABILITY))
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
    included: NDArray[np.bool_],
) -> Array:
    """Fits F regressions at once, each to some of n samples: maximum a posteriori.

    A regression adds `covariance @ coefficients` to the offsets; before any sample that is zero,
    with the covariance passed. Each step solves the problem with the log-likelihood's curvature
    replaced by its bound of 1/2, which needs one inverse for all steps and never overshoots
    (Böhning 1992, Multinomial logistic regression algorithm; kernels: Zhu and Hastie 2005).

    Args:
        covariance: float (n, n), of the samples.
        offsets: float (n, L), the model's logits.
        labels: int64 (n,), each below L.
        included: bool (F, n), the samples that each regression learns from.

    Returns:
        The coefficients, float32 (F, n, L), 0 for samples not included; the sum over labels is 0.
    """
    count, label_count = len(labels), offsets.shape[1]
    whole = np.linalg.inv(np.eye(count) + np.asarray(covariance, np.float64) / 2)
    inverse = np.stack([_leave_out(whole, ~chosen) for chosen in included]).astype(np.float32)
    # Labels before samples, and half the precision, make the steps twice as fast.
    mask = included[:, None].astype(np.float32)
    step = 2 * (mask * np.eye(count, dtype=np.float32) - inverse)  # covariance @ inverse
    targets = np.eye(label_count, dtype=np.float32)[:, labels]
    start = np.asarray(offsets.T, np.float32)
    change = np.zeros((len(included), label_count, count), np.float32)
    for _ in range(_ITERATIONS):
        gradient = mask * (targets - softmax(start + change, axis=1) + change / 2)
        change = gradient @ step
    return np.swapaxes(gradient @ inverse, 1, 2)


def _leave_out(inverse: Array, left_out: NDArray[np.bool_]) -> Array:
    """Returns the inverse of a matrix without some rows and columns, with zeros in their place."""
    rows = inverse[left_out]
    solved: Array = np.linalg.solve(rows[:, left_out], rows)
    return inverse - rows.T @ solved
