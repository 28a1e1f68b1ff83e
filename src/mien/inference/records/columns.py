"""Records in memory: numpy columns, checked as they come in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from sys import intern
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.errors import MediaError
from mien.inference.records.schema import BOX, LABELS, RAW, SMOOTHED, WHOLE

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
