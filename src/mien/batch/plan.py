"""The items of a job, and how they are planned into tasks of a few seconds each."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from mien.emotions import EMOTIONS
from mien.inference.detection.detectors import DEFAULT_DETECTOR
from mien.inference.records.layout import Layout

Kind = Literal["photo", "film"]
"""What an item is analyzed as. 'film' is what the files of every version call a video."""

_TASK_SECONDS = 4.0  # that a task should take: long beside its hand-over, short beside a job
_MAX_PHOTOS = 256  # in a task, so that a worker that dies loses little

# What one core takes, roughly: so much per item, and so much per byte. They only weigh items
# against each other; how long a job takes is measured.
_PHOTO_SECONDS, _PHOTO_SECONDS_PER_BYTE = 0.006, 5e-7
_VIDEO_SECONDS, _VIDEO_SECONDS_PER_BYTE = 0.05, 2e-6


def is_address(path: str) -> bool:
    """Returns whether a path is the address of a storage and not a local path."""
    return "://" in path


@dataclass(frozen=True, slots=True)
class Item:
    """One input of a job.

    Attributes:
        index: its place in the job, from 0.
        path: as the user named it: a local path, or an address that fsspec knows. It is the
            column `source` of its records.
        kind: what it is analyzed as.
        size: in bytes.
        stamp: changes when the file does: the time of its last change, or a storage's tag.
        values: of the user's own columns, in the order of `Options.columns`.
        problem: why it cannot be analyzed, where that is known already; else empty.
        split_points: where a long video is split, as `mien.batch.video_parts` counts; empty where
            it stays whole.
    """

    index: int
    path: str
    kind: Kind
    size: int
    stamp: str
    values: tuple[Any, ...] = ()
    problem: str = ""
    split_points: tuple[int, ...] = ()

    @property
    def is_video(self) -> bool:
        """Whether it is analyzed as a video."""
        return self.kind == "film"


@dataclass(frozen=True, slots=True)
class Options:
    """What a job does with each item: all that its rows depend on.

    Attributes:
        model: the name of a shipped model, or the absolute path of a model file.
        prior: base rates, as `Analyzer` takes them; None for the model's own.
        detector: the name of the detector; None for the default, or for that of the job that
            resumes.
        unsure_below: the confidence, 0 to 1, below which a face is labelled `unsure`.
        crops: whether each photo already is one cropped face.
        longest_video: seconds; a longer local video is split into parts of about this length.
        folder: where relative paths start.
        columns: the user's own, which each record carries. Set when the job starts.
        labels: of the model. Set when the job starts.
        attributes: names of what is measured of each face. Set when the job starts.
        names_detector: whether the records name the detector. Set when the job starts.
        has_clock: whether the records have the column `clock`. Set when the job starts.
    """

    model: str
    unsure_below: float
    crops: bool
    longest_video: float
    folder: str
    columns: pa.Schema = field(default_factory=lambda: pa.schema([]))
    labels: tuple[str, ...] = EMOTIONS
    attributes: tuple[str, ...] = ()
    prior: str | None = None
    detector: str | None = None
    names_detector: bool = True
    has_clock: bool = True

    @property
    def detector_name(self) -> str:
        """The name of the detector that runs."""
        return self.detector or DEFAULT_DETECTOR

    @property
    def layout(self) -> Layout:
        """The columns of the records, without the user's own."""
        named = (self.prior is not None, self.names_detector, self.has_clock)
        return Layout(self.labels, self.attributes, *named)

    def with_layout(self, layout: Layout) -> "Options":
        """Returns the options with the labels, attributes and optional columns of a layout."""
        return replace(
            self,
            labels=layout.labels,
            attributes=layout.attributes,
            names_detector=layout.detector,
            has_clock=layout.clock,
        )

    def locate(self, item: Item) -> str:
        """Returns the whole path of a local item, and an address as it is."""
        return item.path if is_address(item.path) else str(Path(self.folder, item.path))


@dataclass(frozen=True, slots=True)
class VideoPart:
    """Which part of a split video a task analyzes.

    Attributes:
        number: of the part, from 0.
        count: how many parts the video has.
        start: where it starts, one of the item's `split_points`; None for the video's start.
        stop: where it ends, exclusive; None for the video's end.
    """

    number: int
    count: int
    start: int | None
    stop: int | None


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker takes at a time: some photos, a video, or a part of a video.

    Attributes:
        number: its place in the job, from 0. The same items always give the same tasks.
        items: several photos, or a single video.
        cost: an estimate, in seconds of one core.
        part: the part of the video; None for photos and for a whole video.
    """

    number: int
    items: tuple[Item, ...]
    cost: float
    part: VideoPart | None = None

    @property
    def siblings(self) -> range:
        """The numbers of all tasks of the same video; of this task alone, where it is whole."""
        if self.part is None:
            return range(self.number, self.number + 1)
        first = self.number - self.part.number
        return range(first, first + self.part.count)

    def split(self) -> "tuple[Task, Task]":
        """Halves a task of several items, to find the item that kills its worker."""
        middle = len(self.items) // 2
        return self._fraction(self.items[:middle]), self._fraction(self.items[middle:])

    def isolate(self, index: int) -> "tuple[Task, Task]":
        """Splits a task of several items into one item, by its place in the job, and the rest."""
        rest = tuple(item for item in self.items if item.index != index)
        alone = tuple(item for item in self.items if item.index == index)
        return self._fraction(alone), self._fraction(rest)

    def _fraction(self, items: tuple[Item, ...]) -> "Task":
        return replace(self, items=items, cost=sum(map(estimate_cost, items)))


def estimate_cost(item: Item) -> float:
    """Estimates the seconds of one core that an item takes, from its size alone."""
    if item.is_video:
        return _VIDEO_SECONDS + _VIDEO_SECONDS_PER_BYTE * item.size
    return _PHOTO_SECONDS + _PHOTO_SECONDS_PER_BYTE * item.size


def plan_tasks(items: Iterable[Item]) -> Iterator[Task]:
    """Groups and splits the items, in their order, into tasks."""
    number = 0
    for group in _group(items):
        parts = _parts_of(group[0])
        for part in parts:
            yield Task(number, group, sum(map(estimate_cost, group)) / len(parts), part)
            number += 1


def _group(items: Iterable[Item]) -> Iterator[tuple[Item, ...]]:
    """Yields each video alone, and photos together until they take long enough."""
    photos: list[Item] = []
    seconds = 0.0
    for item in items:
        if item.is_video:
            yield (item,)
            continue
        photos.append(item)
        seconds += estimate_cost(item)
        if len(photos) == _MAX_PHOTOS or seconds >= _TASK_SECONDS:
            yield tuple(photos)
            photos, seconds = [], 0.0
    if photos:
        yield tuple(photos)


def _parts_of(item: Item) -> Sequence[VideoPart | None]:
    if not item.split_points:
        return [None]
    edges = (None, *item.split_points, None)
    count = len(edges) - 1
    return [VideoPart(number, count, *edges[number : number + 2]) for number in range(count)]
