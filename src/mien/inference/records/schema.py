"""What a record holds, and the words for a file that cannot be written."""

import errno
import os
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from sys import intern
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS, UNSURE
from mien.errors import MediaError
from mien.results import Face, FrameResult

LABELS: tuple[str, ...] = (*EMOTIONS, UNSURE)
"""What the column `emotion` may hold."""

RAW: tuple[str, ...] = tuple(f"raw_{name}" for name in EMOTIONS)
SMOOTHED: tuple[str, ...] = tuple(f"smoothed_{name}" for name in EMOTIONS)
BOX: tuple[str, ...] = ("x", "y", "width", "height")

COLUMNS: tuple[str, ...] = (
    *("source", "frame", "time", "person"),
    *BOX,
    *("score", "emotion", "confidence"),
    *RAW,
    *SMOOTHED,
)
"""The columns' names, in the order in which they are written."""

TEXTS: tuple[str, ...] = ("source", "emotion")
WHOLE: tuple[str, ...] = ("frame", "person")

Value = str | int | float | None
Row = tuple[Value, ...]

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class RecordWriter(Protocol):
    """Takes the results of one source, or of several, frame by frame."""

    def write(self, result: FrameResult) -> None:
        """Writes one row a face; one row, empty from `person` on, where there is no face.

        Raises:
            MediaError: the file cannot be written any more.
        """


def to_rows(result: FrameResult) -> list[Row]:
    """Returns the rows of one frame, in the order of `COLUMNS`."""
    start = (escape(result.source), result.frame, round(result.time, 6))
    nothing = (None,) * (len(COLUMNS) - len(start))
    if not result.faces:
        return [(*start, *nothing)]
    return [(*start, *_face(face)) for face in result.faces]


def _face(face: Face) -> Row:
    box = (face.box.x, face.box.y, face.box.width, face.box.height)
    smoothed = (None,) * len(SMOOTHED) if face.smoothed is None else _rounded(face.smoothed)
    return (
        face.person,
        *(round(value, 1) for value in box),
        None if face.score is None else round(face.score, 4),
        face.emotion,
        round(face.confidence, 6),
        *_rounded(face.probabilities),
        *smoothed,
    )


def _rounded(probabilities: tuple[float, ...]) -> Row:
    return tuple(round(value, 6) for value in probabilities)


def escape(source: str) -> str:
    r"""Writes control characters and broken Unicode as `\n` or `\udc80`: a row is one line."""
    return "".join(
        letter.encode("unicode_escape").decode()
        if unicodedata.category(letter) in ("Cc", "Cs")
        else letter
        for letter in source
    )


@contextmanager
def told(path: Path, when_full: str) -> Iterator[None]:
    """Turns an OSError of writing `path` into a MediaError with a remedy.

    Args:
        path: the file that is written.
        when_full: what a full disk leaves, and what to do.
    """
    try:
        yield
    except FileExistsError:
        raise MediaError(f"{path}: exists already; name another file, or remove it.") from None
    except FileNotFoundError:
        raise MediaError(f"{path}: its folder does not exist; create it first.") from None
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        if error.errno in _FULL:
            raise MediaError(f"{path}: the disk is full ({reason}); {when_full}") from None
        raise MediaError(
            f"{path}: cannot be written ({reason}); choose another place for it."
        ) from None


Numbers = NDArray[np.float64]

_CODES: dict[str | None, int] = {None: -1, "": -1, **{name: i for i, name in enumerate(LABELS)}}


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
        label: int8 (N,), indices into `LABELS`; -1 where there is no face.
        confidence: float32 (N,); NaN where there is no face.
        raw: float32 (N, 7), in the order of `EMOTIONS`; NaN where there is no face.
        smoothed: float32 (N, 7); NaN where empty.
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

    def __len__(self) -> int:
        return len(self.time)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "Records":
        """Returns some of the rows, by their numbers or by a mask."""
        return Records(*(getattr(self, field.name)[rows] for field in fields(self)))


def join(path: Path, parts: Sequence[Records]) -> Records:
    """Puts the parts of a file together; a file without rows has none."""
    parts = parts or [check(path, 0, {"source": [], "emotion": []}, {})]
    columns = ([getattr(part, field.name) for part in parts] for field in fields(Records))
    return Records(*(np.concatenate(column) for column in columns))


def check(
    path: Path,
    first: int,
    texts: Mapping[str, Sequence[str | None]],
    numbers: Mapping[str, Numbers],
) -> Records:
    """Makes records of consecutive rows, or names the first bad value of a column.

    Args:
        path: the file, for the error's words.
        first: how many rows precede these.
        texts: the columns of `TEXTS`.
        numbers: all other columns as float64 (N,); NaN where empty. None at all: no rows.

    Raises:
        MediaError: a value is missing, or is not what its column holds.
    """
    rows = _Rows(path, first, numbers)
    label = rows.labels(texts["emotion"])
    there = label >= 0
    for name in ("frame", "time"):
        rows.demand(name, ~np.isnan(rows[name]), "it is empty")
    for name in (*BOX, "confidence", *RAW):
        rows.demand(name, ~np.isnan(rows[name]) | ~there, "it is empty, but `emotion` is not")
    for name in SMOOTHED:
        same = np.isnan(rows[name]) == np.isnan(rows[SMOOTHED[0]])
        rows.demand(name, same, "some of the smoothed values are empty, and some are not")
    for name in ("person", *BOX, "score", "confidence", *RAW, *SMOOTHED):
        rows.demand(name, np.isnan(rows[name]) | there, "it has a value, but `emotion` is empty")
    return Records(
        source=np.array([intern(text or "") for text in texts["source"]], np.object_),
        frame=rows["frame"].astype(np.int64),
        time=rows["time"],
        person=np.nan_to_num(rows["person"], nan=-1).astype(np.int64),
        boxes=rows.table(BOX),
        score=rows["score"].astype(np.float32),
        label=label,
        confidence=rows["confidence"].astype(np.float32),
        raw=rows.table(RAW),
        smoothed=rows.table(SMOOTHED),
    )


def refuse(path: Path, row: int, column: str, problem: str) -> MediaError:
    """Returns the error that names a row, counted from 0 here and from 1 there, and a column."""
    return MediaError(
        f"{path}, row {row + 1}, column '{column}': {problem}; take the file as it was written."
    )


class _Rows:
    """Number columns that are finite, and whole where they have to be."""

    def __init__(self, path: Path, first: int, numbers: Mapping[str, Numbers]) -> None:
        self._path, self._first, self._numbers = path, first, numbers
        for name in numbers:
            self.demand(name, ~np.isinf(self[name]), "it is not a finite number")
        for name in WHOLE:
            whole = (self[name] >= 0) & (self[name] == np.floor(self[name]))
            self.demand(name, whole | np.isnan(self[name]), "it is not a whole number from 0")

    def __getitem__(self, name: str) -> Numbers:
        return self._numbers.get(name, np.empty(0))

    def demand(self, name: str, good: NDArray[np.bool_], problem: str) -> None:
        if not good.all():
            raise refuse(self._path, self._first + int(np.argmin(good)), name, problem)

    def labels(self, emotions: Sequence[str | None]) -> NDArray[np.int8]:
        codes = [_CODES.get(emotion, -2) for emotion in emotions]
        label = np.array(codes, np.int8)
        self.demand("emotion", label != -2, f"it is none of {', '.join(LABELS)}")
        return label

    def table(self, names: Sequence[str]) -> NDArray[np.float32]:
        columns: list[Any] = [self[name] for name in names]
        return np.stack(columns, axis=1).astype(np.float32)
