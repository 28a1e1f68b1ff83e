"""Records in memory: numpy columns, checked as they come in, whatever file they come from."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from sys import intern
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS, UNSURE
from mien.errors import MediaError
from mien.inference.records.layout import ATTRIBUTE, BOX, RAW, SMOOTHED, VERSION, Layout

Numbers = NDArray[np.float64]
Texts = Sequence[str | None]

VERSION_COLUMN = "records_version"
"""In a file of a later version that columns of this one would misread."""
_TAKE_AS_WRITTEN = "take the file as it was written"


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """The columns of a table of N records.

    Attributes:
        source: object (N,), of strings.
        frame: int64 (N,).
        time: float64 (N,), in seconds.
        person: int64 (N,); -1 where empty.
        boxes: float32 (N, 4): x, y, width and height in pixels; NaN where there is no face.
        score: float32 (N,); NaN where empty.
        label: int8 (N,), indices into `codes`; -1 where there is no face.
        confidence: float32 (N,); NaN where there is no face.
        raw: float32 (N, L), in the order of `labels`; NaN where there is no face.
        smoothed: float32 (N, L); NaN where empty.
        labels: the L labels of the model.
        attributes: by name, float32 (N,); NaN where empty.
        extra: columns that have no place above, by name: float64 (N,), NaN where empty, for a
            column of numbers that the layout knows; object (N,), None where empty, otherwise.
    """

    source: NDArray[np.object_]
    frame: NDArray[np.int64]
    time: NDArray[np.float64]
    person: NDArray[np.int64]
    boxes: NDArray[np.float32]
    score: NDArray[np.float32]
    label: NDArray[np.int8]
    confidence: NDArray[np.float32]
    raw: NDArray[np.float32]
    smoothed: NDArray[np.float32]
    labels: tuple[str, ...] = EMOTIONS
    attributes: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    extra: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.time)

    @property
    def codes(self) -> tuple[str, ...]:
        """What `label` counts: the labels, then `UNSURE`."""
        return (*self.labels, UNSURE)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "Records":
        """Returns some of the rows, by their numbers or by a mask."""
        return replace(
            self,
            **{name: getattr(self, name)[rows] for name in _ARRAYS},
            attributes={name: values[rows] for name, values in self.attributes.items()},
            extra={name: values[rows] for name, values in self.extra.items()},
        )


_ARRAYS = tuple(
    item.name for item in fields(Records) if item.name not in ("labels", "attributes", "extra")
)


def join(parts: Sequence[Records]) -> Records:
    """Puts the parts of a table together; no parts have no rows.

    A column that some parts lack is empty there.

    Args:
        parts: all of the same labels.
    """
    if not parts:
        return _to_records({}, {}, EMOTIONS, {})
    counts = [len(part) for part in parts]
    arrays: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in _ARRAYS
    }
    return replace(
        parts[0],
        **arrays,
        attributes=_join_columns([part.attributes for part in parts], counts, np.float32(np.nan)),
        extra=_join_columns([part.extra for part in parts], counts, None),
    )


def _join_columns(
    parts: Sequence[Mapping[str, NDArray[Any]]], counts: Sequence[int], empty: object
) -> dict[str, NDArray[Any]]:
    names = dict.fromkeys(name for part in parts for name in part)

    def column(name: str) -> NDArray[Any]:
        kind = next(part[name].dtype for part in parts if name in part)
        return np.concatenate(
            [
                part[name] if name in part else np.full(count, empty, kind)
                for part, count in zip(parts, counts, strict=True)
            ]
        )

    return {name: column(name) for name in names}


@dataclass(frozen=True, slots=True)
class Header:
    """What a file's column names say.

    Attributes:
        layout: of the columns known here; its optional ones may be absent from the file.
        names: all columns of the file, in its order.
    """

    layout: Layout
    names: tuple[str, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The known columns of text that the file has."""
        return self._known("text")

    @property
    def numbers(self) -> tuple[str, ...]:
        """The known columns of numbers that the file has."""
        return (*self._known("whole"), *self._known("number"))

    @property
    def extra(self) -> tuple[str, ...]:
        """The columns that are not known here."""
        return tuple(name for name in self.names if name not in self.layout.names)

    def _known(self, kind: str) -> tuple[str, ...]:
        return tuple(
            column.name
            for column in self.layout.columns
            if column.kind == kind and column.name in self.names
        )


def read_header(path: Path, names: Sequence[str]) -> Header:
    """Finds out what columns a file has.

    Args:
        path: the file, for the error's words.
        names: of its columns.

    Raises:
        MediaError: a required column is absent, two columns have the same name, or the columns are
            of a later version.
    """
    for name, count in Counter(names).items():
        if count > 1:
            raise MediaError(
                f"it has {count} columns '{name}'",
                subject=path,
                remedy="rename or remove all but one",
            )
    if VERSION_COLUMN in names:
        raise newer_version(path)
    header = Header(layout_of(names), tuple(names))
    for column in header.layout.columns:
        if column.required and column.name not in names:
            raise MediaError(
                f"it has no column '{column.name}'",
                subject=path,
                remedy="choose a file that Mien wrote",
            )
    return header


def layout_of(names: Sequence[str]) -> Layout:
    """Returns the layout that the names of a file's columns ask for.

    Labels keep the order of the file; those of FER2013 keep theirs, whatever the order of the file.
    """
    labels = tuple(name.removeprefix(RAW) for name in names if name.startswith(RAW))
    if set(labels) == set(EMOTIONS):
        labels = EMOTIONS
    attributes = (name.removeprefix(ATTRIBUTE) for name in names if name.startswith(ATTRIBUTE))
    return Layout(labels or EMOTIONS, tuple(attributes))


def newer_version(path: Path) -> MediaError:
    """Returns the error of a file whose columns mean something else than those known here."""
    return MediaError(
        f"written by a newer Mien; this one reads records of version {VERSION}",
        subject=path,
        remedy="update Mien",
    )


def check(
    path: Path,
    first: int,
    header: Header,
    texts: Mapping[str, Texts],
    numbers: Mapping[str, Numbers],
    extra: Mapping[str, Sequence[object]],
) -> Records:
    """Makes records of consecutive rows, or names the first bad value of a column.

    Args:
        path: the file, for the error's words.
        first: how many rows precede these.
        header: of the file.
        texts: the known columns of text.
        numbers: the known columns of numbers, float64 (N,); NaN where empty.
        extra: the columns not known here.

    Raises:
        MediaError: a value is missing, or is not what its column holds.
    """
    count = len(texts["emotion"])
    absent = [name for name in header.layout.names if name not in header.names]
    whole = dict(numbers) | {name: np.full(count, np.nan) for name in absent}
    _check_numbers(path, first, header, whole)
    has_face = _check_emptiness(path, first, header, texts, whole)
    if "confidence" in absent:
        whole["confidence"] = _confidence(whole, header.layout, has_face)
    return _to_records(texts, whole, header.layout.labels, extra)


def _confidence(
    numbers: Mapping[str, Numbers], layout: Layout, has_face: NDArray[np.bool_]
) -> Numbers:
    """Returns the highest displayed probability, of a file that does not hold it."""
    raw = np.stack([numbers[f"{RAW}{label}"] for label in layout.labels])
    smoothed = np.stack([numbers[f"{SMOOTHED}{label}"] for label in layout.labels])
    displayed = np.where(np.isnan(smoothed), raw, smoothed)
    return np.where(has_face, np.where(has_face, displayed, 0).max(axis=0), np.nan)


def _check_numbers(path: Path, first: int, header: Header, numbers: Mapping[str, Numbers]) -> None:
    for column in header.layout.columns:
        if column.kind == "text":
            continue
        values = numbers[column.name]
        _demand(path, first, column.name, ~np.isinf(values), "it is not a finite number")
        if column.kind == "whole":
            good = ((values >= 0) & (values == np.floor(values))) | np.isnan(values)
            _demand(path, first, column.name, good, "it is not a whole number from 0")


def _check_emptiness(
    path: Path,
    first: int,
    header: Header,
    texts: Mapping[str, Texts],
    numbers: Mapping[str, Numbers],
) -> NDArray[np.bool_]:
    """Checks which values are there, and returns where there is a face."""
    known = {None, "", *header.layout.codes}
    good = np.array([emotion in known for emotion in texts["emotion"]], bool)
    _demand(path, first, "emotion", good, f"it is none of {', '.join(header.layout.codes)}")
    has_face = np.array([bool(emotion) for emotion in texts["emotion"]], bool)
    for column in header.layout.columns:
        if column.kind == "text" or column.name not in header.names:
            continue
        filled = ~np.isnan(numbers[column.name])
        if column.of_frame is not None:
            _demand(path, first, column.name, filled, "it is empty")
            continue
        problem = "it has a value, but `emotion` is empty"
        _demand(path, first, column.name, ~filled | has_face, problem)
        if column.every_face:
            problem = "it is empty, but `emotion` is not"
            _demand(path, first, column.name, filled | ~has_face, problem)
    smoothed = [name for name in header.numbers if name.startswith(SMOOTHED)]
    for name in smoothed:
        same = np.isnan(numbers[name]) == np.isnan(numbers[smoothed[0]])
        problem = "some of the smoothed values are empty, and some are not"
        _demand(path, first, name, same, problem)
    return has_face


def _to_records(
    texts: Mapping[str, Texts],
    numbers: Mapping[str, Numbers],
    labels: tuple[str, ...],
    extra: Mapping[str, Sequence[object]],
) -> Records:
    codes: dict[str | None, int] = {code: i for i, code in enumerate((*labels, UNSURE))}
    texts, numbers = dict(texts), dict(numbers)

    def number(name: str) -> Numbers:
        return numbers.pop(name, np.empty(0))

    def table(names: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([number(name) for name in names], axis=1).astype(np.float32)

    names = [name for name in numbers if name.startswith(ATTRIBUTE)]
    records = Records(
        source=np.array([intern(text or "") for text in texts.pop("source", [])], np.object_),
        frame=number("frame").astype(np.int64),
        time=number("time"),
        person=np.nan_to_num(number("person"), nan=-1).astype(np.int64),
        boxes=table(BOX),
        score=number("score").astype(np.float32),
        label=np.array([codes.get(text, -1) for text in texts.pop("emotion", [])], np.int8),
        confidence=number("confidence").astype(np.float32),
        raw=table([f"{RAW}{label}" for label in labels]),
        smoothed=table([f"{SMOOTHED}{label}" for label in labels]),
        labels=labels,
        attributes={
            name.removeprefix(ATTRIBUTE): number(name).astype(np.float32) for name in names
        },
    )
    further = {name: _objects(values) for name, values in {**texts, **extra}.items()}
    known: dict[str, NDArray[Any]] = {**numbers}
    return replace(records, extra=known | further)


def _objects(values: Sequence[object]) -> NDArray[np.object_]:
    """Returns an array of one object a row, also where these are lists of one length."""
    array = np.empty(len(values), np.object_)
    for row, value in enumerate(values):
        array[row] = value
    return array


def _demand(path: Path, first: int, name: str, good: NDArray[np.bool_], problem: str) -> None:
    if not good.all():
        raise refuse(path, first + int(np.argmin(good)), name, problem)


def refuse(path: Path, row: int, column: str, problem: str) -> MediaError:
    """Returns the error that names a row, counted from 0 here and from 1 there, and a column."""
    return MediaError(
        problem, subject=f"{path}, row {row + 1}, column '{column}'", remedy=_TAKE_AS_WRITTEN
    )
