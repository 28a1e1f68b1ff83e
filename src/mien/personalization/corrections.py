"""What a user says is on a face, and the same as rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS
from mien.errors import ProfileError
from mien.personalization.models import ModelId, Row
from mien.personalization.samples import Samples
from mien.storage.database import Value

COLUMNS = (
    "number, step, created, label, embedding, probabilities, model, model_version, model_digest, "
    "picture"
)


_LARGEST = 1e9  # of an embedding's numbers: the sum of their squares is still a float32


@dataclass(frozen=True, slots=True, eq=False)
class Correction:
    """A label for one face.

    Attributes:
        label: one of `EMOTIONS`, the user's.
        embedding: float32 (D,), the model's.
        probabilities: float32 (7,), what the model itself answered; they sum to 1.
        model: which one that was.
        picture: the 48x48 crop as PNG, where the user wants it kept.
        source: what messages call the face; it is not stored.

    Raises:
        ProfileError: the emotion is unknown, or the numbers are not what a model answers.
    """

    label: str
    embedding: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    model: ModelId
    picture: bytes | None = None
    source: str = "this face"

    def __post_init__(self) -> None:
        if self.label not in EMOTIONS:
            raise ProfileError(
                f"{self.source}: '{self.label}' is no emotion; those are {', '.join(EMOTIONS)}."
            )
        if not (_is_embedding(self.embedding) and _are_probabilities(self.probabilities)):
            raise ProfileError(f"{self.source}: its numbers are not what a model answers.")


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A correction as it is stored.

    Attributes:
        number: its own, within the profile.
        step: the version of the profile that it came with.
        created: seconds since 1970, UTC.
        correction: what the user said.
    """

    number: int
    step: int
    created: float
    correction: Correction

    @classmethod
    def from_row(cls, row: Row) -> "Kept":
        """Reads a row of the table.

        Raises:
            ProfileError: it does not hold what a correction holds.
        """
        correction = Correction(
            row["label"],
            _floats(row["embedding"]),
            _floats(row["probabilities"]),
            ModelId.from_row(row),
            row["picture"],
            f"correction {row['number']}",
        )
        return cls(row["number"], row["step"], row["created"], correction)

    def columns(self) -> tuple[Value, ...]:
        """Returns the values of `COLUMNS`."""
        one = self.correction
        vectors = (_bytes(one.embedding), _bytes(one.probabilities))
        place = (self.number, self.step, self.created)
        return (*place, one.label, *vectors, *one.model.columns, one.picture)


def to_samples(kept: Sequence[Kept]) -> Samples:
    """Returns corrections as arrays to learn from, the oldest first; one at least."""
    return Samples(
        np.stack([one.correction.embedding for one in kept]),
        np.stack([one.correction.probabilities for one in kept]),
        np.array([EMOTIONS.index(one.correction.label) for one in kept], np.int64),
    )


def _is_embedding(values: NDArray[np.float32]) -> bool:
    return values.ndim == 1 and values.size > 0 and bool((np.abs(values) < _LARGEST).all())


def _are_probabilities(values: NDArray[np.float32]) -> bool:
    if values.shape != (len(EMOTIONS),) or not np.isfinite(values).all():
        return False
    return bool(values.min() >= 0 and abs(values.sum() - 1) < 1e-3)


def _floats(blob: bytes) -> NDArray[np.float32]:
    if len(blob) % 4:
        raise ProfileError(f"{len(blob)} bytes are no row of numbers.")
    return np.frombuffer(blob, "<f4").astype(np.float32)


def _bytes(values: NDArray[np.float32]) -> bytes:
    return values.astype("<f4").tobytes()
