"""Joins the results of a split video; its people keep their ids across the boundaries.

The lead of a part shows frames that the part before it shows, too. Two people whose boxes overlap
in the last frame that shows both are the same person.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import count
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mien.batch.analysis import (
    Failure,
    Note,
    TaskResult,
    failed_result,
    merge_results,
    schema_of,
)
from mien.batch.job_folder import JobFolder
from mien.batch.plan import Item, Options, Task
from mien.errors import MediaError
from mien.files import replacing
from mien.inference.records.layout import BOX
from mien.results import Box

_FRAME = pc.field("frame")
_MIN_OVERLAP = 0.5  # intersection over union of two boxes of the same person
_METADATA_KEY = b"outcome"  # under it a pending file has the result without its rows


def stitch(item: Item, parts: Sequence[TaskResult], options: Options) -> TaskResult:
    """Joins the results of a video's parts.

    Args:
        item: the video.
        parts: what `analyze_video_part` returned for each of its parts, in their order.
        options: of the job.

    Returns:
        The result as if the video had not been split: frames count from the video's first, and
        person ids from 1 in the order in which people appear. A failure, where a part failed, or
        where two parts do not show the same frames at their boundary.
    """
    for part in parts:
        if part.failures:
            return failed_result(replace(part.failures[0], item=item), options)
    try:
        rows = pa.concat_tables(_renumber(part.rows for part in parts))
    except MediaError as error:
        return failed_result(Failure.of(item, error), options)
    return replace(merge_results(parts), rows=rows)


def _renumber(parts: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Yields the rows of each part without its lead, with the whole video's frames and person ids.

    Args:
        parts: records of one video's parts, in their order. Frames of the lead are below 0.

    Raises:
        MediaError: two parts do not show the same frames at their boundary.
    """
    frames, new_ids = 0, count(1)
    before: pa.Table | None = None
    for part in parts:
        lead, own = (part.filter(mask) for mask in (_FRAME < 0, _FRAME >= 0))
        ids = {} if before is None else _match(before, lead)
        people = own["person"].to_pylist()
        for person in sorted(set(people) - {None, *ids}):
            ids[person] = next(new_ids)
        before = _replace_column(own, "frame", pc.add(own["frame"], frames))
        before = _replace_column(before, "person", pa.array(map(ids.get, people), pa.int64()))
        frames = before["frame"][-1].as_py() + 1
        yield before


def _replace_column(rows: pa.Table, name: str, values: pa.Array) -> pa.Table:
    place = rows.schema.get_field_index(name)
    return rows.set_column(place, rows.schema.field(name), values)


def _match(before: pa.Table, lead: pa.Table) -> dict[int, int]:
    """Finds the people of a lead in the part before: their ids there, by their ids here.

    Raises:
        MediaError: the lead's frames are not the last ones of the part before.
    """
    earlier, later = _boxes(before), _boxes(lead)
    common = min(len(earlier), len(later))
    if not common or list(earlier)[-common:] != list(later)[-common:]:
        raise MediaError(
            "its parts do not show the same frames where they meet",
            remedy="let it stay whole, with a larger --longest-video",
        )
    overlaps = {
        (here, there): _overlap(box, other)
        for time in list(later)[-common:]
        for here, box in later[time].items()
        for there, other in earlier[time].items()
    }  # later frames replace earlier ones
    return _assign(overlaps)


def _assign(overlaps: dict[tuple[int, int], float]) -> dict[int, int]:
    """Assigns to each person the one with the largest overlap, and nobody twice."""
    ids: dict[int, int] = {}
    for (here, there), overlap in sorted(overlaps.items(), key=lambda pair: -pair[1]):
        if overlap >= _MIN_OVERLAP and here not in ids and there not in ids.values():
            ids[here] = there
    return ids


def _boxes(rows: pa.Table) -> dict[float, dict[int, Box]]:
    """Returns the boxes by time and person id, in the order of times."""
    boxes: dict[float, dict[int, Box]] = {}
    columns = (rows[name].to_pylist() for name in ("time", "person", *BOX))
    for time, person, *box in zip(*columns, strict=True):
        people = boxes.setdefault(time, {})
        if person is not None:
            people[person] = Box(*box)
    return boxes


def _overlap(box: Box, other: Box) -> float:
    """Returns the intersection over union of two boxes."""
    width = min(box.right, other.right) - max(box.x, other.x)
    height = min(box.bottom, other.bottom) - max(box.y, other.y)
    both = max(width, 0.0) * max(height, 0.0)
    return both / (box.width * box.height + other.width * other.height - both)


class PendingParts:
    """Saves the results of video parts until all parts of their video are done.

    Args:
        folder: of the job.
        options: of the job.

    Attributes:
        tasks: the numbers of the tasks whose results are saved.

    Raises:
        OSError: the folder cannot be written to.
    """

    def __init__(self, folder: JobFolder, options: Options) -> None:
        self._folder, self._options = folder.pending, options
        self._folder.mkdir(exist_ok=True)
        self.tasks = {int(path.stem) for path in self._folder.glob("[0-9]*.parquet")}

    def add(self, task: Task, result: TaskResult) -> None:
        """Saves the result of a part.

        Raises:
            OSError: it cannot be written.
        """
        about = {
            "reasons": [failure.text for failure in result.failures],
            "notes": result.notes,
            "counts": result.counts,
            "seconds": result.seconds,
        }
        metadata = {**(result.rows.schema.metadata or {}), _METADATA_KEY: json.dumps(about)}
        with replacing(self._path(task.number)) as beside:
            pq.write_table(result.rows.replace_schema_metadata(metadata), beside)
        self.tasks.add(task.number)

    def has_all(self, task: Task) -> bool:
        """Returns whether the results of all parts of a task's video are saved."""
        return self.tasks.issuperset(task.siblings)

    def stitch(self, task: Task) -> TaskResult:
        """Returns the result of a task's video, all parts of which are saved."""
        (item,) = task.items
        parts = [self._load(number, item) for number in task.siblings]
        stitched = stitch(item, parts, self._options)
        return replace(stitched, seconds=sum(part.seconds for part in parts))

    def discard(self, done: AbstractSet[int]) -> None:
        """Removes the results of videos that are written to the records.

        Args:
            done: the numbers of all tasks that are written.
        """
        for number in self.tasks & done:
            self._path(number).unlink()
            self.tasks.remove(number)

    def _load(self, number: int, item: Item) -> TaskResult:
        rows = pq.read_table(self._path(number))
        about = json.loads(rows.schema.metadata[_METADATA_KEY])
        return TaskResult(
            rows.replace_schema_metadata(schema_of(self._options).metadata),
            tuple(Failure(item, reason) for reason in about["reasons"]),
            tuple(Note(item.path, text) for _, text in about["notes"]),
            Counter(about["counts"]),
            about["seconds"],
        )

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.parquet"
