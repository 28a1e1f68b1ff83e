"""A corrected face: its label, what the model predicted, and its crop where the user keeps it."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.emotions import EMOTIONS
from mien.errors import ModelError, ProfileError
from mien.inference.classifier import Classifier
from mien.inference.model_card import FaceFormat
from mien.storage.database import Value
from mien.storage.rows import make

_MAX_EMBEDDING = 1e9  # of its numbers: the sum of their squares is still a float32
_COLOR_MODES = {"L": "gray", "RGB": "rgb"}


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
        digest: of the file: two models may have the same name and version.
    """

    name: str
    version: str
    digest: str

    @classmethod
    def of(cls, classifier: Classifier) -> "ModelId":
        """Returns the id of a classifier's model."""
        return cls(classifier.card.name, classifier.card.version, classifier.digest)

    @classmethod
    def from_row(cls, row: Row) -> "ModelId":
        """Reads the columns `model`, `model_version` and `model_digest`.

        Raises:
            TypeError: one is no text.
        """
        names = {"name": row["model"], "version": row["model_version"]}
        return make(cls, {**names, "digest": row["model_digest"]})

    @property
    def columns(self) -> tuple[str, str, str]:
        """The columns `model`, `model_version` and `model_digest`."""
        return self.name, self.version, self.digest

    def __str__(self) -> str:
        return f"{self.name} {self.version} ({self.digest[:8]})"


@dataclass(frozen=True, slots=True, eq=False)
class Correction:
    """The user's label for one face.

    Attributes:
        label: the user's, one of `labels`.
        embedding: float32 (D,), of the model.
        probabilities: float32 (L,), of the model itself, before any adapter; they sum to 1.
        model: that predicted them.
        image: the crop that the model took, as PNG (`write_crop`), where the user keeps it.
        source: what messages call the face; it is not stored.
        labels: the model's L labels, in the order of its card.

    Raises:
        ProfileError: the model has no such label, or no model can predict these numbers.
    """

    label: str
    embedding: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    model: ModelId
    image: bytes | None = None
    source: str = "this face"
    labels: tuple[str, ...] = EMOTIONS

    def __post_init__(self) -> None:
        if self.label not in self.labels:
            raise unknown_label(self.label, self.labels, self.source)
        valid = _are_probabilities(self.probabilities, len(self.labels))
        if not (valid and _is_embedding(self.embedding)):
            raise ProfileError("its numbers are not what a model predicts", subject=self.source)

    @property
    def predicted(self) -> str:
        """The model's most probable label."""
        return self.labels[int(self.probabilities.argmax())]


@dataclass(frozen=True, slots=True, eq=False)
class StoredCorrection:
    """A correction as a profile stores it.

    Attributes:
        number: from 1, within the profile; no other correction of the profile ever gets it.
        step: the version of the profile that it was added with.
        created: seconds since 1970, UTC.
        correction: the label and the face.
    """

    number: int
    step: int
    created: float
    correction: Correction

    @classmethod
    def from_row(cls, row: Row) -> "StoredCorrection":
        """Reads a row of the table `corrections`.

        Raises:
            ProfileError: the row does not contain what a correction does.
            TypeError: a value is of another type; so do ValueError and RecursionError tell.
        """
        correction = {
            "label": row["label"],
            "embedding": _to_floats(row["embedding"]),
            "probabilities": _to_floats(row["probabilities"]),
            "model": ModelId.from_row(row),
            "image": row["picture"],
            "source": f"correction {row['number']}",
            "labels": _to_labels(row["labels"]),
        }
        numbers = {name: row[name] for name in ("number", "step", "created")}
        return make(cls, {**numbers, "correction": make(Correction, correction)})

    def to_row(self) -> dict[str, Value]:
        """Returns the columns of the table `corrections`, without `profile`."""
        correction, model = self.correction, self.correction.model
        return {
            "number": self.number,
            "step": self.step,
            "created": self.created,
            "label": correction.label,
            "embedding": _to_blob(correction.embedding),
            "probabilities": _to_blob(correction.probabilities),
            "model": model.name,
            "model_version": model.version,
            "model_digest": model.digest,
            "picture": correction.image,
            "labels": json.dumps(correction.labels, ensure_ascii=False),
        }


def match_label(text: str, labels: Sequence[str], subject: object = None) -> str:
    """Returns the label that a user typed, in any case.

    Args:
        text: what was typed.
        labels: of the model.
        subject: where it was typed, for the error.

    Raises:
        ProfileError: there is no such label.
    """
    name = text.strip()
    if name in labels:
        return name
    for label in labels:
        if label.casefold() == name.casefold():
            return label
    raise unknown_label(name, labels, subject)


def unknown_label(label: str, labels: Sequence[str], subject: object = None) -> ProfileError:
    """Returns the error about a label that a model does not have."""
    remedy = f"choose from {', '.join(labels)}"
    return ProfileError(f"unknown emotion '{label}'", subject=subject, remedy=remedy)


def _is_embedding(values: NDArray[np.float32]) -> bool:
    return values.ndim == 1 and values.size > 0 and bool((np.abs(values) < _MAX_EMBEDDING).all())


def _are_probabilities(values: NDArray[np.float32], count: int) -> bool:
    if values.shape != (count,) or not np.isfinite(values).all():
        return False
    return bool(values.min() >= 0 and abs(values.sum() - 1) < 1e-3)


def _to_floats(blob: bytes) -> NDArray[np.float32]:
    if len(blob) % 4:
        raise ProfileError(f"{len(blob)} bytes are no row of numbers.")
    return np.frombuffer(blob, "<f4").astype(np.float32)


def _to_blob(values: NDArray[np.float32]) -> bytes:
    return values.astype("<f4").tobytes()


def _to_labels(text: str) -> tuple[str, ...]:
    labels = json.loads(text)
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise ProfileError("its labels are not a list of names")
    return tuple(labels)


def write_crop(crop: NDArray[np.uint8]) -> bytes:
    """Returns a crop, uint8 (S, S) gray or (S, S, 3) RGB, as the bytes of a PNG, without loss."""
    buffer = io.BytesIO()
    Image.fromarray(crop).save(buffer, "PNG")
    return buffer.getvalue()


def read_crop(content: bytes) -> NDArray[np.uint8]:
    """Reads the bytes that `write_crop` returned.

    Returns:
        uint8 (S, S) or (S, S, 3): a face of any `FaceFormat`, the one of the model that took it.

    Raises:
        ProfileError: the bytes are something else, or damaged.
    """
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            face_format = FaceFormat(image.width, _COLOR_MODES.get(image.mode, image.mode))
            if image.height == image.width:
                return np.asarray(image).reshape(face_format.shape)
    # A damaged PNG raises any of the first three, one of no `FaceFormat` the last.
    except (OSError, ValueError, SyntaxError, ModelError):
        pass
    raise ProfileError("a stored image is damaged")
