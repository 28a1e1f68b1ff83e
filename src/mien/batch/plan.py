"""Inputs become pieces of work that take seconds each, whatever the inputs are."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

Kind = Literal["photo", "film"]


def is_address(path: str) -> bool:
    """Tells a storage's address from a local path."""
    return "://" in path


@dataclass(frozen=True, slots=True)
class Item:
    """One input.

    Attributes:
        index: its place in the job, from 0.
        path: as the user named it: a local path, or an address that fsspec knows. It is the
            column `source` of its records.
        kind: what it is analyzed as.
        size: in bytes.
        stamp: what changes when the file does: the time of its last change, or a storage's tag.
        values: of the user's own columns, in the order of `Options.columns`.
        problem: why it cannot be analyzed, where that is known already; else empty.
        cuts: where a long video is cut, as `mien.batch.video_parts` counts; empty where it
            stays whole.
    """

    index: int
    path: str
    kind: Kind
    size: int
    stamp: str
    values: tuple[Any, ...] = ()
    problem: str = ""
    cuts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """What a job does with each input: all that its rows depend on.

    Attributes:
        model: the name of a shipped model, or the whole path of a model file.
        unsure_below: the confidence, 0 to 1, below which a face is labelled `unsure`.
        crops: whether each photo already is one cropped face.
        longest: a local video of more seconds is cut into pieces of about so many.
        folder: where relative paths start.
        columns: the user's own, carried through.
    """

    model: str
    unsure_below: float
    crops: bool
    longest: float
    folder: str
    columns: pa.Schema

    def locate(self, item: Item) -> str:
        """Returns the whole path of a local item, and an address as it is."""
        return item.path if is_address(item.path) else str(Path(self.folder, item.path))


_SECONDS = 4.0  # that a piece should take: long beside its hand-over, short beside a job
_MOST = 256  # photos in a piece, so that a lost worker loses little

# What one core takes, roughly: so much an input, and so much a byte. They only weigh inputs against
# each other; how long a job takes is measured.
_PHOTO, _PHOTO_BYTE = 0.006, 5e-7
_VIDEO, _VIDEO_BYTE = 0.05, 2e-6


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a video that is cut.

    Attributes:
        number: which part, from 0.
        parts: how many there are.
        start: where it begins, one of the item's `cuts`; None for the video's start.
        stop: where it ends, which no longer belongs to it; None for the video's end.
    """

    number: int
    parts: int
    start: int | None
    stop: int | None


@dataclass(frozen=True, slots=True)
class Piece:
    """What a worker takes at a time: some photos, a video, or a part of a video.

    Attributes:
        number: its place in the job, from 0. Whoever plans the same inputs gets the same pieces.
        items: photos alone, or a single video.
        cost: an estimate, in seconds of one core.
        span: the part of the video; None where the piece is whole.
    """

    number: int
    items: tuple[Item, ...]
    cost: float
    span: Span | None = None

    @property
    def siblings(self) -> range:
        """The numbers of all pieces of the same video; its own, where it is whole."""
        if self.span is None:
            return range(self.number, self.number + 1)
        first = self.number - self.span.number
        return range(first, first + self.span.parts)

    def split(self) -> "tuple[Piece, Piece]":
        """Halves a piece of several items, to find the one that kills its worker."""
        middle = len(self.items) // 2
        first, last = self.items[:middle], self.items[middle:]
        return (
            replace(self, items=first, cost=sum(map(cost, first))),
            replace(self, items=last, cost=sum(map(cost, last))),
        )


def cost(item: Item) -> float:
    """Estimates the seconds of one core that an item takes, from its size alone."""
    if item.kind == "film":
        return _VIDEO + _VIDEO_BYTE * item.size
    return _PHOTO + _PHOTO_BYTE * item.size


def plan(items: Iterable[Item]) -> Iterator[Piece]:
    """Cuts the inputs, in their order, into pieces."""
    number = 0
    for group in _groups(items):
        spans = _spans(group[0])
        for span in spans:
            yield Piece(number, group, sum(map(cost, group)) / len(spans), span)
            number += 1


def _groups(items: Iterable[Item]) -> Iterator[tuple[Item, ...]]:
    """Yields each video alone, and photos together until they take long enough."""
    photos: list[Item] = []
    seconds = 0.0
    for item in items:
        if item.kind == "film":
            yield (item,)
            continue
        photos.append(item)
        seconds += cost(item)
        if len(photos) == _MOST or seconds >= _SECONDS:
            yield tuple(photos)
            photos, seconds = [], 0.0
    if photos:
        yield tuple(photos)


def _spans(item: Item) -> Sequence[Span | None]:
    if not item.cuts:
        return [None]
    edges = (None, *item.cuts, None)
    parts = len(edges) - 1
    return [Span(number, parts, *edges[number : number + 2]) for number in range(parts)]
