"""The one table of columns: what a record holds, and how its values are written.

CSV, JSON Lines, Parquet, the REST schema and docs/records.md derive from it. To add a column, add
it to `_columns`; files without it still read, its values empty.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from mien.emotions import EMOTIONS, UNSURE
from mien.results import ATTRIBUTE_DECIMALS, Face, FrameResult

Kind = Literal["text", "whole", "number"]
Value = str | int | float | None
Row = tuple[Value, ...]

VERSION = 1
"""Raised when a column comes to mean something else; more columns do not raise it."""

BOX: tuple[str, ...] = ("x", "y", "width", "height")
RAW, SMOOTHED, ATTRIBUTE = "raw_", "smoothed_", "attribute_"
"""What the names of the columns of a label and of an attribute begin with."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the records.

    Attributes:
        name: as files and programs have it.
        kind: of its values: text, whole numbers from 0, or numbers.
        description: what it holds, in one line.
        empty: where it is empty, in one line; "never" for a column of every row.
        of_frame: the value of a frame, for a column that every row has.
        of_face: the value of a face; None for an empty one.
        every_face: whether every face has a value.
        required: whether a file without it is refused.
    """

    name: str
    kind: Kind
    description: str
    empty: str
    of_frame: Callable[[FrameResult], Value] | None = None
    of_face: Callable[[Face], Value] | None = None
    every_face: bool = False
    required: bool = False


@dataclass(frozen=True)
class Layout:
    """The columns of the records of one model and one set of attributes.

    Attributes:
        labels: of the model, in its order.
        attributes: names of what is measured of each face.
    """

    labels: tuple[str, ...] = EMOTIONS
    attributes: tuple[str, ...] = ()

    @classmethod
    def of(cls, result: FrameResult) -> "Layout":
        """Returns the layout that a result asks for."""
        return cls(result.labels, result.attributes)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns, in the order in which they are written."""
        return _columns(self)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(column.name for column in self.columns)

    @property
    def codes(self) -> tuple[str, ...]:
        """What `emotion` may hold: the labels, then `UNSURE`."""
        return (*self.labels, UNSURE)

    def to_rows(self, result: FrameResult) -> list[Row]:
        """Returns the rows of one frame: one a face, or one that is empty from `person` on.

        Raises:
            ValueError: the result is of other labels or attributes.
        """
        if Layout.of(result) != self:
            raise ValueError(f"records of {self} cannot hold a result of {Layout.of(result)}")
        if not result.faces:
            return [tuple(_value(column, result, None) for column in self.columns)]
        return [
            tuple(_value(column, result, face) for column in self.columns) for face in result.faces
        ]


def _value(column: Column, result: FrameResult, face: Face | None) -> Value:
    if column.of_frame is not None:
        return column.of_frame(result)
    return None if face is None or column.of_face is None else column.of_face(face)


def _columns(layout: Layout) -> tuple[Column, ...]:
    labels = ", ".join(f"`{label}`" for label in layout.labels)
    return (
        Column(
            "source",
            "text",
            "what was analyzed: a path, a camera's number, an address",
            "never",
            of_frame=lambda result: escape(result.source),
        ),
        Column(
            "frame",
            "whole",
            "the frame's number, from 0",
            "never",
            of_frame=lambda result: result.frame,
            required=True,
        ),
        Column(
            "time",
            "number",
            "seconds from the source's start, to 0.000001",
            "never",
            of_frame=lambda result: round(result.time, 6),
            required=True,
        ),
        Column(
            "person",
            "whole",
            "the id that the same person keeps within the source",
            "no face; photo",
            of_face=lambda face: face.person,
        ),
        Column(
            "x",
            "number",
            "left edge of the face's box, in pixels of the upright image, to 0.1",
            "no face",
            of_face=lambda face: round(face.box.x, 1),
            every_face=True,
        ),
        Column(
            "y",
            "number",
            "top edge, downwards",
            "no face",
            of_face=lambda face: round(face.box.y, 1),
            every_face=True,
        ),
        Column(
            "width",
            "number",
            "of the box",
            "no face",
            of_face=lambda face: round(face.box.width, 1),
            every_face=True,
        ),
        Column(
            "height",
            "number",
            "of the box",
            "no face",
            of_face=lambda face: round(face.box.height, 1),
            every_face=True,
        ),
        Column(
            "score",
            "number",
            "how sure the detector is that this is a face, 0 to 1, to 0.0001",
            "no face; passed as a crop",
            of_face=lambda face: None if face.score is None else round(face.score, 4),
        ),
        Column(
            "emotion",
            "text",
            f"one of the model's labels, such as {labels}, or `{UNSURE}`",
            "no face",
            of_face=lambda face: face.emotion,
            required=True,
        ),
        Column(
            "confidence",
            "number",
            "the highest of the probabilities that the label came from",
            "no face",
            of_face=lambda face: round(face.confidence, 6),
            every_face=True,
        ),
        *(_raw(label, place) for place, label in enumerate(layout.labels)),
        *(_smoothed(label, place) for place, label in enumerate(layout.labels)),
        *(_attribute(name) for name in layout.attributes),
    )


def _raw(label: str, place: int) -> Column:
    return Column(
        f"{RAW}{label}",
        "number",
        f"calibrated probability of {label} from this frame alone, to 0.000001",
        "no face",
        of_face=lambda face: round(face.probabilities[place], 6),
        every_face=True,
        required=True,
    )


def _smoothed(label: str, place: int) -> Column:
    return Column(
        f"{SMOOTHED}{label}",
        "number",
        f"the probability of {label}, smoothed over time",
        "no face; photo",
        of_face=lambda face: None if face.smoothed is None else round(face.smoothed[place], 6),
    )


def _attribute(name: str) -> Column:
    def value(face: Face) -> Value:
        measured = face.attributes.get(name)
        return None if measured is None else round(measured, ATTRIBUTE_DECIMALS)

    return Column(
        f"{ATTRIBUTE}{name}",
        "number",
        f"the attribute `{name}` of the face, to 0.0001",
        "no face; not measured",
        of_face=value,
    )


def escape(source: str) -> str:
    r"""Writes control characters and broken Unicode as `\n` or `\udc80`: a row is one line."""
    return "".join(
        letter.encode("unicode_escape").decode()
        if unicodedata.category(letter) in ("Cc", "Cs")
        else letter
        for letter in source
    )
