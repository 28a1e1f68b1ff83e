"""What corrects the base model's answers for one user."""

import io
import math
from dataclasses import dataclass
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS
from mien.errors import ProfileError

Array = NDArray[np.floating]

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


_FORMAT = 3
_ARRAYS = ("units", "answers", "pushes")
# What NumPy and zipfile raise on bytes that are no archive, or one with a flipped bit.
_DAMAGED = (
    *(OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, RuntimeError),
    BadZipFile,
)


@dataclass(frozen=True, eq=False)
class Adapter:
    """Adds to the base model's logits what the user's n samples ask for.

    Attributes:
        units: float32 (n, D), the samples' embeddings, scaled to length 1.
        answers: float32 (n, 7), the roots of the base model's probabilities for them.
        pushes: float32 (n, 7), how far each pushes faces like it towards each emotion.
        gate_open: whether it pushes faces that the base model answers like it as well, whoever
            they are of.
    """

    units: NDArray[np.float32]
    answers: NDArray[np.float32]
    pushes: NDArray[np.float32]
    gate_open: bool

    def adapt(
        self, probabilities: NDArray[np.float32], embeddings: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Returns the user's probabilities for N faces.

        Args:
            probabilities: float32 (N, 7), the base model's.
            embeddings: float32 (N, D), the base model's.

        Returns:
            float32 (N, 7); rows sum to 1.

        Raises:
            ProfileError: the embeddings are not of the model that the adapter was learned on.
        """
        if embeddings.ndim != 2 or embeddings.shape[1] != self.units.shape[1]:
            raise ProfileError(
                f"the profile was learned on embeddings of {self.units.shape[1]} numbers, not of "
                f"shape {embeddings.shape}: use it with the model that it was taught with"
            )
        shared = likeness(to_units(embeddings), self.units)
        if self.gate_open:
            shared += confusion(np.sqrt(probabilities) @ self.answers.T)
        return softmax(to_logits(probabilities) + shared @ self.pushes).astype(np.float32)

    def to_bytes(self) -> bytes:
        """Returns the adapter as the bytes of a NumPy archive."""
        buffer = io.BytesIO()
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        np.savez(buffer, format=np.array(_FORMAT), gate_open=np.array(self.gate_open), **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Adapter":
        """Reads what `to_bytes` gave.

        Raises:
            ProfileError: the bytes are damaged, or of another version of the format.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as archive:
                version = int(archive["format"])
                if version != _FORMAT:
                    raise _other_format(version)
                gate_open = bool(archive["gate_open"])
                arrays = [archive[name] for name in _ARRAYS]
        except _DAMAGED:
            raise ProfileError("what was learned is damaged: learn it again") from None
        if not _are_sound(*arrays):
            raise ProfileError("what was learned is damaged: learn it again")
        units, answers, pushes = arrays
        return cls(units, answers, pushes, gate_open)


def _are_sound(units: NDArray[np.float32], *others: NDArray[np.float32]) -> bool:
    """Tells whether an adapter can have written these arrays."""
    expected = (len(units), len(EMOTIONS))
    finite = all(one.dtype == np.float32 and np.isfinite(one).all() for one in (units, *others))
    return finite and units.ndim == 2 and all(one.shape == expected for one in others)


def _other_format(version: int) -> ProfileError:
    return ProfileError(
        f"what was learned is of format {version}, this version of Mien reads {_FORMAT}: "
        "learn it again"
    )
