"""What corrects the base model's answers for one user."""

import io
from dataclasses import dataclass
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS
from mien.errors import ProfileError
from mien.personalization.head import softmax, to_logits
from mien.personalization.kernel import confusion, likeness, to_units

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
