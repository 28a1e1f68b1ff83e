"""The one table of columns: what a record holds, and how its values are written.

CSV, JSON Lines, Parquet, the REST schema and docs/records.md derive from it. To add a column, add
one line to `_columns`: files without it still open, its values empty, and readers find it in
`Records.extra`.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from mien.clocks import format_clock
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

PRIOR = "prior"
"""The column of results by other base rates than the model's own; other files lack it."""

DETECTOR = "detector"
"""The column of what found the faces; files of cropped faces and of early versions lack it."""

CLOCK = "clock"
"""The column of the wall-clock time; files of early versions lack it."""

NEVER, NO_FACE = "never", "no face"
"""Where a column is empty: in no row; in the row of a frame without a face, and only there."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the records.

    Attributes:
        name: as files and programs have it.
        kind: of its values: text, whole numbers from 0, or numbers.
        description: what it holds, in one line.
        empty: where it is empty, in one line: `NEVER` for a column of the frame, `NO_FACE` for
            one that every face fills, or further cases.
        of_frame: returns the value of a frame; None for a column of the face.
        of_face: returns the value of a face, None for an empty one; None for a column of the frame.
        required: whether a file without it is refused.
    """

    name: str
    kind: Kind
    description: str
    empty: str
    of_frame: Callable[[FrameResult], Value] | None = None
    of_face: Callable[[Face], Value] | None = None
    required: bool = False

    @property
    def every_face(self) -> bool:
        """Whether every face has a value."""
        return self.empty == NO_FACE

    def value(self, result: FrameResult, face: Face | None) -> Value:
        """Returns the value of a row: of a face, or of a frame without one."""
        if self.of_frame is not None:
            return self.of_frame(result)
        return None if face is None or self.of_face is None else self.of_face(face)


@dataclass(frozen=True)
class Layout:
    """The columns of the records of one model and one set of attributes.

    Attributes:
        labels: of the model, in its order.
        attributes: names of what is measured of each face.
        prior: whether the results are by base rates other than the model's own.
        detector: whether the results name the detector.
        clock: whether there is the column of the wall-clock time.
        further: columns that a caller adds at the end.
    """

    labels: tuple[str, ...] = EMOTIONS
    attributes: tuple[str, ...] = ()
    prior: bool = False
    detector: bool = False
    clock: bool = True
    further: tuple[Column, ...] = ()

    def __reduce__(
        self,
    ) -> tuple[type["Layout"], tuple[tuple[str, ...], tuple[str, ...], bool, bool, bool]]:
        """Pickles the fields alone: the columns hold functions, further ones do not travel."""
        return Layout, (self.labels, self.attributes, self.prior, self.detector, self.clock)

    @classmethod
    def of(cls, result: FrameResult) -> "Layout":
        """Returns the layout that a result asks for."""
        return cls(result.labels, result.attributes, bool(result.prior), bool(result.detector))

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
            ValueError: the result is of other labels, attributes or base rates.
        """
        own = Layout.of(result)
        if self != replace(own, detector=self.detector, clock=self.clock, further=self.further):
            raise ValueError(f"records of {self} cannot hold a result of {own}")
        faces = result.faces or (None,)
        return [tuple(column.value(result, face) for column in self.columns) for face in faces]


def describe(layout: Layout) -> str:
    """Returns the columns of a layout as a Markdown table, as docs/records.md shows them."""
    kinds = {"text": "text", "whole": "whole number", "number": "number"}
    rows = [
        f"| `{column.name}` | {kinds[column.kind]} | {column.description} | {column.empty} |"
        for column in layout.columns
    ]
    head = ["| column | type | what it holds | empty where |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *rows])


def _columns(layout: Layout) -> tuple[Column, ...]:
    labels = ", ".join(f"`{label}`" for label in layout.labels)
    frame, face = _of_frame, _of_face
    return (
        frame("source", "text", "the analyzed path, camera or URL", lambda it: escape(it.source)),
        frame("frame", "whole", "the frame's number, from 0", lambda it: it.frame),
        frame(
            "time", "number", "seconds from the start, to 0.000001", lambda it: round(it.time, 6)
        ),
        face("person", "whole", _PERSON, f"{NO_FACE}; photo", lambda it: it.person),
        face("x", "number", _LEFT, NO_FACE, lambda it: round(it.box.x, 1)),
        face("y", "number", "top edge, downwards", NO_FACE, lambda it: round(it.box.y, 1)),
        face("width", "number", "of the box", NO_FACE, lambda it: round(it.box.width, 1)),
        face("height", "number", "of the box", NO_FACE, lambda it: round(it.box.height, 1)),
        face("score", "number", _SCORE, f"{NO_FACE}; cropped face", lambda it: _round(it.score, 4)),
        _required(
            face("emotion", "text", f"{labels} or `{UNSURE}`", NO_FACE, lambda it: it.emotion)
        ),
        face("confidence", "number", _TOP, NO_FACE, lambda it: round(it.confidence, 6)),
        *(_raw(label, place) for place, label in enumerate(layout.labels)),
        *(_smoothed(label, place) for place, label in enumerate(layout.labels)),
        *(_attribute(name) for name in layout.attributes),
        *([frame(PRIOR, "text", _PRIOR, lambda it: escape(it.prior))] if layout.prior else []),
        *([_detector()] if layout.detector else []),
        *([_clock()] if layout.clock else []),  # at the end: readers may count columns
        *layout.further,
    )


_PRIOR = "the name of the base rates that the probabilities assume"
_FOUND_BY = "the name of the detector that found the faces"
_TAKEN = "when the frame was taken: ISO 8601, UTC, milliseconds"
_PERSON = "the id that the same person keeps within the source"
_LEFT = "left edge of the face's box, in pixels of the upright image, to 0.1"
_SCORE = "how sure the detector is that this is a face, 0 to 1, to 0.0001"
_TOP = "the label's probability: smoothed where the source moves"


def _of_frame(
    name: str, kind: Kind, description: str, value: Callable[[FrameResult], Value]
) -> Column:
    return Column(name, kind, description, NEVER, of_frame=value, required=True)


def _of_face(
    name: str, kind: Kind, description: str, empty: str, value: Callable[[Face], Value]
) -> Column:
    return Column(name, kind, description, empty, of_face=value)


def _detector() -> Column:
    def value(result: FrameResult) -> Value:
        return escape(result.detector) or None

    return Column(DETECTOR, "text", _FOUND_BY, "cropped face", of_frame=value)


def _clock() -> Column:
    def value(result: FrameResult) -> Value:
        return None if result.clock is None else format_clock(result.clock)

    return Column(CLOCK, "text", _TAKEN, "unknown", of_frame=value)


def _required(column: Column) -> Column:
    return replace(column, required=True)


def _raw(label: str, place: int) -> Column:
    def value(face: Face) -> Value:
        return round(face.probabilities[place], 6)

    description = f"calibrated probability of {label} from this frame alone, to 0.000001"
    return _required(_of_face(f"{RAW}{label}", "number", description, NO_FACE, value))


def _smoothed(label: str, place: int) -> Column:
    def value(face: Face) -> Value:
        return None if face.smoothed is None else round(face.smoothed[place], 6)

    description = f"probability of {label}, smoothed over time"
    return _of_face(f"{SMOOTHED}{label}", "number", description, f"{NO_FACE}; photo", value)


def _attribute(name: str) -> Column:
    def value(face: Face) -> Value:
        return _round(face.attributes.get(name), ATTRIBUTE_DECIMALS)

    description = f"the attribute `{name}`, to 0.0001"
    return _of_face(f"{ATTRIBUTE}{name}", "number", description, f"{NO_FACE}; not measured", value)


def _round(value: float | None, decimals: int) -> Value:
    return None if value is None else round(value, decimals)


def escape(source: str) -> str:
    r"""Writes control characters and broken Unicode as `\n` or `\udc80`: a row is one line."""
    return "".join(
        letter.encode("unicode_escape").decode()
        if unicodedata.category(letter) in ("Cc", "Cs")
        else letter
        for letter in source
    )
