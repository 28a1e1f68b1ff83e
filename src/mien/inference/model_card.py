"""The model file's contract: everything that training and inference must agree on.

One ONNX file carries everything that inference needs:

- input `faces`: uint8, (N, S, S) for gray faces or (N, S, S, 3) for RGB ones, S the card's side;
  scaling is inside the graph;
- outputs `probabilities`: float32 (N, L), calibrated, one column for each of the card's L labels;
  `embedding`: float32 (N, D), the features before the last layer, whitened: the cosine of two
  says how alike two faces are, in person and expression, and is about 0 for strangers;
  and each further output that the card names: float32 (N, 1), an attribute of the face;
- metadata: a `ModelCard`, and the version of this contract.

A file whose card names its sources also has the input `priors`: float32 (S, L), how common each
label is taken to be in each of the S sources. It may be left out, and then is what they had.

Files of version 2 still open: gray faces of 48x48 pixels and the seven labels of FER2013; and of
version 3, which name no sources.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from mien.emotions import EMOTIONS, UNSURE
from mien.errors import ModelError

FACE_SIZE = 48
"""Side of a face of FER2013, in pixels."""

COLOR_MODES = ("gray", "rgb")
ALIGNMENTS = ("none", "landmarks")
"""How faces are aligned: as in their data set, or by `mien.inference.alignment`."""

INPUT = "faces"
PRIORS = "priors"
PROBABILITIES = "probabilities"
EMBEDDING = "embedding"
CONTRACT = 4
"""Raised when the content of files changes its meaning: 2 whitened the embedding, 3 added the
face's format, the labels and further outputs to the card, 4 the sources and their base rates."""
_OLDEST = 2  # on embeddings of version 1, not whitened, profiles would also change strangers
_SIDES = range(16, 513)
_PREFIX = "mien."
_ROUNDING = 1e-3
_OUTPUT_NAME = re.compile(r"[a-z][a-z0-9_]*")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FaceFormat:
    """The size and colors of a cropped face.

    Attributes:
        side: in pixels, 16 to 512.
        color: one of `COLOR_MODES`.

    Raises:
        ModelError: either value is not supported.
    """

    side: int = FACE_SIZE
    color: str = "gray"

    def __post_init__(self) -> None:
        if self.side not in _SIDES:
            raise ModelError(
                f"its faces have a side of {self.side} pixels",
                remedy=f"use a side of {_SIDES.start} to {_SIDES.stop - 1}",
            )
        if self.color not in COLOR_MODES:
            raise ModelError(
                f"its faces have the unknown color mode '{self.color}'",
                remedy=f"use one of {', '.join(COLOR_MODES)}",
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one face as an array: (S, S) gray, (S, S, 3) RGB."""
        return (self.side, self.side) if self.color == "gray" else (self.side, self.side, 3)

    def __str__(self) -> str:
        return f"{self.side}x{self.side} {'gray' if self.color == 'gray' else 'RGB'}"


FER2013_FORMAT = FaceFormat()


@dataclass(frozen=True, slots=True)
class NamedOutput:
    """One further output of a model, which becomes an attribute of the face.

    Attributes:
        name: of the output, float32 (N, 1), and of the attribute.
        unit: of its values; empty for a plain number.
        description: one line that says what it measures.
    """

    name: str
    unit: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class LearnedSource:
    """One data set that a model learned from.

    Attributes:
        name: what the recipe calls it; "training" where the recipe names none.
        faces: how many were learned from.
        base_rates: how common its probabilities take each of the card's labels to be among faces of
            this kind: as common as among those learned from, one face of each label added, or, if
            the recipe says so, between that and equally common. They sum to 1, and none is 0.
        terms: what it is, and on what terms it may be used.
    """

    name: str
    faces: int
    base_rates: tuple[float, ...]
    terms: str = ""


@dataclass(frozen=True)
class ModelCard:
    """The metadata of a model file.

    Attributes:
        name: the model's name, such as "default".
        version: the version of Mien that made it.
        recipe: the text of the TOML recipe that trained it.
        data_fingerprint: of the data set that trained it.
        temperature: the divisor of its logits, already inside the graph.
        figures: measured on which split, with n.
        labels: the order of its probabilities.
        alignment: one of `ALIGNMENTS`, of the faces that trained it. A model of "landmarks" needs
            aligned faces; the crops of photos and videos always are.
        correction: how the graph sharpens the probabilities by their confidence; see
            `mien.evaluation.calibration.Calibration`.
        face: the format of its input.
        outputs: its outputs besides probabilities and embedding.
        sources: what it learned from, and so which base rates its probabilities assume: those of
            the one source, or of several, each as far as a face looks like one of its own.
        prototypes: the mean embedding of each label's faces, rounded; empty in older files.

    Raises:
        ModelError: a label is empty, repeated or `UNSURE`, there are fewer than two, two
            outputs share a name, or the alignment is unknown.
    """

    name: str
    version: str
    recipe: str
    data_fingerprint: str
    temperature: float
    figures: Mapping[str, Any] = field(default_factory=dict)
    labels: tuple[str, ...] = EMOTIONS
    alignment: str = "none"
    correction: tuple[float, ...] = (0.0, 0.0, 0.0)
    face: FaceFormat = FER2013_FORMAT
    outputs: tuple[NamedOutput, ...] = ()
    sources: tuple[LearnedSource, ...] = ()
    prototypes: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        check_labels(self.labels)
        names = (PROBABILITIES, EMBEDDING, *(output.name for output in self.outputs))
        if twice := _repeated(names):
            raise ModelError(f"it names the output '{twice}' twice")
        if bad := next((name for name in names if not _OUTPUT_NAME.fullmatch(name)), None):
            raise ModelError(
                f"its output '{bad}' cannot name an attribute",
                remedy="use lower case letters, digits and underscores",
            )
        if self.alignment not in ALIGNMENTS:
            raise ModelError(
                f"its alignment '{self.alignment}' is unknown",
                remedy=f"use one of {', '.join(ALIGNMENTS)}",
            )

    def to_metadata(self) -> dict[str, str]:
        """Returns the strings an ONNX file stores."""
        return {
            f"{_PREFIX}contract": str(CONTRACT),
            f"{_PREFIX}name": self.name,
            f"{_PREFIX}version": self.version,
            f"{_PREFIX}recipe": self.recipe,
            f"{_PREFIX}data_fingerprint": self.data_fingerprint,
            f"{_PREFIX}temperature": repr(self.temperature),
            f"{_PREFIX}figures": json.dumps(dict(self.figures)),
            f"{_PREFIX}labels": json.dumps(self.labels),
            f"{_PREFIX}alignment": self.alignment,
            f"{_PREFIX}correction": json.dumps(self.correction),
            f"{_PREFIX}face": json.dumps(asdict(self.face)),
            f"{_PREFIX}outputs": json.dumps([asdict(output) for output in self.outputs]),
            f"{_PREFIX}sources": json.dumps([asdict(source) for source in self.sources]),
            f"{_PREFIX}prototypes": json.dumps(self.prototypes),
        }

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> "ModelCard":
        """Reads the strings of an ONNX file.

        Raises:
            ModelError: the version of the contract is not supported, or a key is absent, or its
                value breaks the contract.
        """
        contract = _contract(metadata)
        labels = _json(metadata, "labels" if contract > 2 else "emotions", list)
        return cls(
            name=_text(metadata, "name"),
            version=_text(metadata, "version"),
            recipe=_text(metadata, "recipe"),
            data_fingerprint=_text(metadata, "data_fingerprint"),
            temperature=_json(metadata, "temperature", float),
            figures=_json(metadata, "figures", dict),
            labels=tuple(labels),
            alignment=_text(metadata, "alignment"),
            correction=tuple(_json(metadata, "correction", list)),
            face=_face(metadata) if contract > 2 else FER2013_FORMAT,
            outputs=_outputs(metadata) if contract > 2 else (),
            sources=_sources(metadata, len(labels)) if contract > 3 else (),
            prototypes=_prototypes(metadata, len(labels)) if contract > 3 else (),
        )


def check_labels(labels: Sequence[str]) -> None:
    """Checks the labels of a model.

    Raises:
        ModelError: one is empty, unprintable, repeated or `UNSURE`, or there are fewer than two.
    """
    if not all(isinstance(label, str) and label.strip() for label in labels):
        raise ModelError("one of its labels is empty or no text")
    if bad := next((label for label in labels if not label.isprintable()), None):
        raise ModelError(f"its label {bad!r} has a character that cannot be printed")
    if twice := _repeated(labels):
        raise ModelError(f"it has the label '{twice}' twice")
    if UNSURE in labels:
        raise ModelError(
            f"its label '{UNSURE}' is reserved for faces of low confidence",
            remedy="rename the label",
        )
    if len(labels) < 2:
        raise ModelError(f"it has {len(labels)} labels", remedy="use at least two")


def _repeated(names: Sequence[str]) -> str | None:
    return next((name for name, count in Counter(names).items() if count > 1), None)


def _contract(metadata: Mapping[str, str]) -> int:
    text = _text(metadata, "contract")
    if text not in {str(version) for version in range(_OLDEST, CONTRACT + 1)}:
        raise ModelError(
            f"it has version {text} of the contract; this Mien reads {_OLDEST} to {CONTRACT}",
            remedy="update Mien, or export the model again with 'mien export'",
        )
    return int(text)


def _face(metadata: Mapping[str, str]) -> FaceFormat:
    fields = _json(metadata, "face", dict)
    if set(fields) != {"side", "color"} or type(fields["side"]) is not int:
        raise ModelError(f"its metadata '{_PREFIX}face' is not a side and a color")
    return FaceFormat(fields["side"], fields["color"])


def _outputs(metadata: Mapping[str, str]) -> tuple[NamedOutput, ...]:
    try:
        outputs = tuple(NamedOutput(**fields) for fields in _json(metadata, "outputs", list))
    except TypeError:
        outputs = (NamedOutput(""),)
    if not all(isinstance(output.name, str) and output.name for output in outputs):
        raise ModelError(f"its metadata '{_PREFIX}outputs' is not a list of named outputs")
    return outputs


def _sources(metadata: Mapping[str, str], labels: int) -> tuple[LearnedSource, ...]:
    entries = _json(metadata, "sources", list)
    try:
        sources = [
            LearnedSource(
                str(entry["name"]),
                int(entry["faces"]),
                tuple(map(float, entry["base_rates"])),
                str(entry["terms"]),
            )
            for entry in entries
        ]
    except (KeyError, TypeError, ValueError):
        sources = [LearnedSource("", 0, ())]
    if not all(_is_distribution(source.base_rates, labels) for source in sources):
        raise ModelError(f"its metadata '{_PREFIX}sources' is not a list of sources")
    return tuple(sources)


def _prototypes(metadata: Mapping[str, str], labels: int) -> tuple[tuple[float, ...], ...]:
    rows = _json(metadata, "prototypes", list)
    try:
        prototypes = tuple(tuple(map(float, row)) for row in rows)
    except (TypeError, ValueError):
        prototypes = ((),)
    if prototypes and (len(prototypes) != labels or len({len(row) for row in prototypes}) != 1):
        raise ModelError(f"its metadata '{_PREFIX}prototypes' is not a row for each label")
    return prototypes


def _is_distribution(rates: Sequence[float], count: int) -> bool:
    positive = len(rates) == count and all(rate > 0 for rate in rates)
    return positive and abs(sum(rates) - 1) < _ROUNDING


def _text(metadata: Mapping[str, str], key: str) -> str:
    try:
        return metadata[_PREFIX + key]
    except KeyError:
        raise ModelError(f"its metadata lacks '{_PREFIX}{key}'") from None


def _json(metadata: Mapping[str, str], key: str, kind: type[T]) -> T:
    try:
        value = json.loads(_text(metadata, key))
    except (ValueError, RecursionError):  # numbers of thousands of digits, deep nesting
        value = None
    if not isinstance(value, kind):
        raise ModelError(f"its metadata '{_PREFIX}{key}' is not a JSON {kind.__name__}")
    return value
