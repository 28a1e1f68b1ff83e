"""Checks what a file of records holds, value by value, and makes `Records` of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.errors import MediaError
from mien.inference.records.header import Header
from mien.inference.records.layout import ATTRIBUTE, BOX, RAW, SMOOTHED, Column
from mien.inference.records.table import Records

Numbers = NDArray[np.float64]
Texts = Sequence[str | None]

TAKE_AS_WRITTEN = "take the file as it was written"

_FIXED = ("source", "frame", "time", "person", *BOX, "score", "emotion", "confidence")
"""The columns that have a field of `Records`, whatever the labels and attributes."""


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive rows of a file, column by column, as they were read.

    Attributes:
        path: the file; errors name it.
        first: how many rows precede these.
        header: of the file.
        texts: the known columns of text.
        numbers: the known columns of numbers, float64 (N,); NaN where empty.
        extra: the columns that the layout does not know.
    """

    path: Path
    first: int
    header: Header
    texts: Mapping[str, Texts]
    numbers: Mapping[str, Numbers]
    extra: Mapping[str, Sequence[object]]

    def to_records(self) -> Records:
        """Checks the values and returns them as records.

        Raises:
            MediaError: a value is missing, or is not what its column holds.
        """
        for column in self.header.layout.columns:
            if column.name in self.numbers:
                self._check_number(column)
        self._check_emotions()
        has_face = self.has_face
        for column in self.header.layout.columns:
            if column.name in self.numbers:
                self._check_emptiness(column, has_face)
        self._check_smoothed()
        return _to_records(self)

    @property
    def has_face(self) -> NDArray[np.bool_]:
        """Where a row has a face, bool (N,)."""
        return np.array([bool(emotion) for emotion in self.texts["emotion"]], bool)

    def number(self, name: str) -> Numbers:
        """Returns a column of numbers; an absent one is empty."""
        if name in self.numbers:
            return self.numbers[name]
        return np.full(len(self.texts["emotion"]), np.nan)

    def _check_number(self, column: Column) -> None:
        values = self.numbers[column.name]
        self._demand(column.name, ~np.isinf(values), "it is not a finite number")
        if column.kind == "whole":
            good = ((values >= 0) & (values == np.floor(values))) | np.isnan(values)
            self._demand(column.name, good, "it is not a whole number from 0")

    def _check_emotions(self) -> None:
        codes = self.header.layout.codes
        known = {None, "", *codes}
        good = np.array([emotion in known for emotion in self.texts["emotion"]], bool)
        self._demand("emotion", good, f"it is none of {', '.join(codes)}")

    def _check_emptiness(self, column: Column, has_face: NDArray[np.bool_]) -> None:
        filled = ~np.isnan(self.numbers[column.name])
        if column.of_frame is not None:
            self._demand(column.name, filled, "it is empty")
            return
        self._demand(column.name, ~filled | has_face, "it has a value, but `emotion` is empty")
        if column.every_face:
            self._demand(column.name, filled | ~has_face, "it is empty, but `emotion` is not")

    def _check_smoothed(self) -> None:
        names = [name for name in self.header.numbers if name.startswith(SMOOTHED)]
        for name in names:
            same = np.isnan(self.numbers[name]) == np.isnan(self.numbers[names[0]])
            self._demand(name, same, "some of the smoothed values are empty, and some are not")

    def _demand(self, name: str, good: NDArray[np.bool_], problem: str) -> None:
        if not good.all():
            raise refuse(self.path, self.first + int(np.argmin(good)), name, problem)


def refuse(path: Path, row: int, column: str, problem: str) -> MediaError:
    """Returns the error for a bad value; `row` counts from 0, the message from 1."""
    return MediaError(
        problem, subject=f"{path}, row {row + 1}, column '{column}'", remedy=TAKE_AS_WRITTEN
    )


def _to_records(block: Block) -> Records:
    layout = block.header.layout
    codes: dict[str | None, int] = {code: index for index, code in enumerate(layout.codes)}
    return Records(
        source=np.array([intern(text or "") for text in block.texts["source"]], np.object_),
        frame=block.number("frame").astype(np.int64),
        time=block.number("time"),
        person=np.nan_to_num(block.number("person"), nan=-1).astype(np.int64),
        boxes=_stack(block, BOX),
        score=block.number("score").astype(np.float32),
        label=np.array([codes.get(text, -1) for text in block.texts["emotion"]], np.int8),
        confidence=_confidence(block).astype(np.float32),
        raw=_stack(block, _prefixed(RAW, layout.labels)),
        smoothed=_stack(block, _prefixed(SMOOTHED, layout.labels)),
        labels=layout.labels,
        attributes={
            name: block.number(f"{ATTRIBUTE}{name}").astype(np.float32)
            for name in layout.attributes
        },
        extra=_extra(block),
    )


def _prefixed(prefix: str, names: Sequence[str]) -> list[str]:
    return [f"{prefix}{name}" for name in names]


def _stack(block: Block, names: Sequence[str]) -> NDArray[np.float32]:
    return np.stack([block.number(name) for name in names], axis=1).astype(np.float32)


def _confidence(block: Block) -> Numbers:
    """Returns the column, or the highest displayed probability if the file lacks the column."""
    if "confidence" in block.numbers:
        return block.numbers["confidence"]
    labels, has_face = block.header.layout.labels, block.has_face
    raw = np.stack([block.number(name) for name in _prefixed(RAW, labels)])
    smoothed = np.stack([block.number(name) for name in _prefixed(SMOOTHED, labels)])
    displayed = np.where(np.isnan(smoothed), raw, smoothed)
    return np.where(has_face, np.where(has_face, displayed, 0).max(axis=0), np.nan)


def _extra(block: Block) -> dict[str, NDArray[Any]]:
    """Returns the columns that have no field in `Records`."""
    layout = block.header.layout
    fields = {
        *_FIXED,
        *_prefixed(RAW, layout.labels),
        *_prefixed(SMOOTHED, layout.labels),
        *_prefixed(ATTRIBUTE, layout.attributes),
    }
    count = len(block.texts["emotion"])
    extra: dict[str, NDArray[Any]] = {}
    for column in layout.columns:
        if column.name in fields:
            continue
        if column.kind == "text":
            texts = block.texts.get(column.name, [None] * count)
            extra[column.name] = _to_objects([text or None for text in texts])
        else:
            extra[column.name] = block.number(column.name)
    return extra | {name: _to_objects(values) for name, values in block.extra.items()}


def _to_objects(values: Sequence[object]) -> NDArray[np.object_]:
    """Returns an array of one object a row, also if the objects are lists of one length."""
    array = np.empty(len(values), np.object_)
    for row, value in enumerate(values):
        array[row] = value
    return array
