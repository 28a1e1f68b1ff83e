"""What a user says is on a face, and the same as rows."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.emotions import EMOTIONS
from mien.errors import ProfileError
from mien.inference.classifier import Classifier
from mien.inference.model_card import FACE_SIZE
from mien.personalization.learning import Samples
from mien.storage.database import Value


class Row(Protocol):
    """A row of a table, or of an exported file."""

    def __getitem__(self, key: str, /) -> Any:
        """Returns the value of a column."""


@dataclass(frozen=True, slots=True)
class ModelId:
    """One model file.

    Attributes:
        name: the model's name.
        version: the version of Mien that made it.
        digest: of the file: two models may bear one name and version.
    """

    name: str
    version: str
    digest: str

    @classmethod
    def of(cls, classifier: Classifier) -> "ModelId":
        """Returns which model a classifier has open."""
        return cls(classifier.card.name, classifier.card.version, classifier.digest)

    @classmethod
    def from_row(cls, row: Row) -> "ModelId":
        """Reads the columns that `columns` gave."""
        return cls(row["model"], row["model_version"], row["model_digest"])

    @property
    def columns(self) -> tuple[str, str, str]:
        """The columns `model`, `model_version` and `model_digest`."""
        return self.name, self.version, self.digest

    def __str__(self) -> str:
        return f"{self.name} {self.version} ({self.digest[:8]})"


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
        image: the 48x48 crop as PNG, where the user wants it kept.
        source: what messages call the face; it is not stored.

    Raises:
        ProfileError: the emotion is unknown, or the numbers are not what a model answers.
    """

    label: str
    embedding: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    model: ModelId
    image: bytes | None = None
    source: str = "this face"

    def __post_init__(self) -> None:
        if self.label not in EMOTIONS:
            raise ProfileError(
                f"'{self.label}' is no emotion",
                subject=self.source,
                remedy=f"those are {', '.join(EMOTIONS)}",
            )
        if not (_is_embedding(self.embedding) and _are_probabilities(self.probabilities)):
            raise ProfileError("its numbers are not what a model answers.", subject=self.source)


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
        return (*place, one.label, *vectors, *one.model.columns, one.image)


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


def write_crop(crop: NDArray[np.uint8]) -> bytes:
    """Returns a crop, uint8 (48, 48), as the bytes of a PNG; nothing of it is lost."""
    buffer = io.BytesIO()
    Image.fromarray(crop).save(buffer, "PNG")
    return buffer.getvalue()


def read_crop(content: bytes) -> NDArray[np.uint8]:
    """Reads what `write_crop` gave.

    Raises:
        ProfileError: it is something else, or damaged.
    """
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            if image.size == (FACE_SIZE, FACE_SIZE) and image.mode == "L":
                return np.asarray(image)
    except (OSError, ValueError, SyntaxError):  # a damaged PNG raises any of these
        pass
    raise ProfileError("a kept image is damaged.")


# Of an embedding's length. Half floats, as which recorded faces keep theirs, are within half of it;
# two frames of a still face before one camera are apart by a hundred times as much.
_SAME = 1e-3


@dataclass(frozen=True, slots=True)
class Sifted:
    """What is to become of the corrections that were given.

    Attributes:
        fresh: which ones are to be kept.
        twins: for each one, the place of the first with the same face, those kept before first.
        refused: why a correction is refused, by its place.
    """

    fresh: tuple[int, ...]
    twins: tuple[int, ...]
    refused: dict[int, str]


def sift(kept: Sequence[Kept], given: Sequence[Correction]) -> Sifted:
    """Compares the faces of corrections with those kept, and with each other.

    A face that is labelled otherwise already is refused; where two of the given contradict each
    other, both are. A face that has the same label already is not kept a second time.

    Args:
        kept: what the profile holds.
        given: what it is to be taught.
    """
    twins = _twins([one.correction.embedding for one in kept], [one.embedding for one in given])
    refused: dict[int, str] = {}
    for twin in set(twins):
        group = [at for at, other in enumerate(twins) if other == twin]
        if twin < len(kept):
            label = kept[twin].correction.label
            wrong = [at for at in group if given[at].label != label]
            refused |= {at: _known(given[at], kept[twin]) for at in wrong}
        elif len(labels := {given[at].label for at in group}) > 1:
            refused |= {at: _contradicting(given[at], labels) for at in group}
    fresh = tuple(
        at for at, twin in enumerate(twins) if twin == at + len(kept) and at not in refused
    )
    return Sifted(fresh, twins, refused)


def _contradicting(given: Correction, labels: set[str]) -> str:
    told = " and ".join(sorted(labels))
    return f"{given.source} is labelled {told}; give one face one label."


def _known(given: Correction, known: Kept) -> str:
    return (
        f"{given.source} is labelled {known.correction.label} already, by correction "
        f"{known.number}; undo that one first."
    )


def _twins(
    kept: Sequence[NDArray[np.float32]], given: Sequence[NDArray[np.float32]]
) -> tuple[int, ...]:
    """Returns for each given embedding the first, of all, that is of the same face."""
    if not given:
        return ()
    every = np.stack([*kept, *given]).astype(np.float64)
    squares = (every * every).sum(axis=1)
    # One row at a time: all at once would take the square of their number in memory.
    return tuple(_first(every, squares, len(kept) + at) for at in range(len(given)))


def _first(every: NDArray[np.float64], squares: NDArray[np.float64], row: int) -> int:
    apart = squares[: row + 1] + squares[row] - 2 * every[: row + 1] @ every[row]
    return int(np.argmax(apart <= _SAME**2 * squares[row]))
