"""The parts of a cut video become one video again: its people keep their numbers over the seams.

A part's lead shows frames that the part before it shows, too. Whose boxes lie on each other in the
last frame that shows both is one person.
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

from mien.batch.analysis import Failure, Outcome, failed, merge
from mien.batch.job_folder import JobFolder
from mien.batch.plan import Item, Options, Piece
from mien.errors import MediaError
from mien.files import replacing
from mien.inference.records.schema import BOX
from mien.results import Box

_FRAME = pc.field("frame")
_SAME = 0.5  # of the area that two boxes cover, which both must cover


def join(item: Item, parts: Sequence[Outcome], options: Options) -> Outcome:
    """Puts a video together again.

    Args:
        item: the video.
        parts: what `work_on_part` gave for each of its parts, in their order.
        options: of the job.

    Returns:
        The outcome as if the video had not been cut: frames count from the video's first, and
        people are numbered in the order in which they appear. A failure, where a part failed,
        or where two parts did not see the same frames at their seam.
    """
    for part in parts:
        if part.failures:
            return failed(item, part.failures[0].reason, options)
    try:
        rows = pa.concat_tables(renumbered(part.rows for part in parts))
    except MediaError as error:
        return failed(item, str(error), options)
    return replace(merge(parts), rows=rows)


def renumbered(parts: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Yields the rows of each part less its lead, with the frames and people of the whole video.

    Args:
        parts: records of one video's parts, in their order. Frames of the lead are below 0.

    Raises:
        MediaError: two parts did not see the same frames at their seam.
    """
    frames, people = 0, count(1)
    before: pa.Table | None = None
    for part in parts:
        lead, own = (part.filter(mask) for mask in (_FRAME < 0, _FRAME >= 0))
        numbers = {} if before is None else _match(before, lead)
        seen = own["person"].to_pylist()
        for person in sorted(set(seen) - {None, *numbers}):
            numbers[person] = next(people)
        before = _replaced(own, "frame", pc.add(own["frame"], frames))
        before = _replaced(before, "person", pa.array(map(numbers.get, seen), pa.int64()))
        frames = before["frame"][-1].as_py() + 1
        yield before


def _replaced(rows: pa.Table, name: str, values: pa.Array) -> pa.Table:
    place = rows.schema.get_field_index(name)
    return rows.set_column(place, rows.schema.field(name), values)


def _match(before: pa.Table, lead: pa.Table) -> dict[int, int]:
    """Finds who in a lead is whom in the part before: the numbers there, by those here.

    Raises:
        MediaError: the lead's frames are not the last ones of the part before.
    """
    earlier, later = _faces(before), _faces(lead)
    common = min(len(earlier), len(later))
    if not common or list(earlier)[-common:] != list(later)[-common:]:
        raise MediaError(
            "its parts do not show the same frames where they meet",
            remedy="let it stay whole, with a larger --longest-film",
        )
    likeness = {
        (here, there): _overlap(box, other)
        for time in list(later)[-common:]
        for here, box in later[time].items()
        for there, other in earlier[time].items()
    }  # later frames replace earlier ones
    return _assign(likeness)


def _assign(likeness: dict[tuple[int, int], float]) -> dict[int, int]:
    """Gives each person the most alike, and nobody two."""
    pairs: dict[int, int] = {}
    for (here, there), overlap in sorted(likeness.items(), key=lambda one: -one[1]):
        if overlap >= _SAME and here not in pairs and there not in pairs.values():
            pairs[here] = there
    return pairs


def _faces(rows: pa.Table) -> dict[float, dict[int, Box]]:
    """Returns who is where at each time, in the order of times."""
    faces: dict[float, dict[int, Box]] = {}
    columns = (rows[name].to_pylist() for name in ("time", "person", *BOX))
    for time, person, *box in zip(*columns, strict=True):
        seen = faces.setdefault(time, {})
        if person is not None:
            seen[person] = Box(*box)
    return faces


def _overlap(one: Box, other: Box) -> float:
    """Returns the area that both boxes cover, as a part of that which one or both cover."""
    width = min(one.right, other.right) - max(one.x, other.x)
    height = min(one.bottom, other.bottom) - max(one.y, other.y)
    both = max(width, 0.0) * max(height, 0.0)
    return both / (one.width * one.height + other.width * other.height - both)


_KEY = b"outcome"


class Held:
    """Keeps the outcomes of parts of videos, and joins them.

    Args:
        folder: of the job.
        options: of the job.

    Attributes:
        numbers: of the pieces that are kept.

    Raises:
        OSError: the folder cannot be written to.
    """

    def __init__(self, folder: JobFolder, options: Options) -> None:
        self._folder, self._options = folder.held, options
        self._folder.mkdir(exist_ok=True)
        self.numbers = {int(path.stem) for path in self._folder.glob("[0-9]*.parquet")}

    def add(self, piece: Piece, outcome: Outcome) -> None:
        """Keeps the outcome of a part.

        Raises:
            OSError: it cannot be written.
        """
        about = {
            "reasons": [one.reason for one in outcome.failures],
            "notes": outcome.notes,
            "counts": outcome.counts,
            "seconds": outcome.seconds,
        }
        metadata = {**(outcome.rows.schema.metadata or {}), _KEY: json.dumps(about)}
        with replacing(self._path(piece.number)) as beside:
            pq.write_table(outcome.rows.replace_schema_metadata(metadata), beside)
        self.numbers.add(piece.number)

    def is_whole(self, piece: Piece) -> bool:
        """Tells whether all parts of a piece's video are there."""
        return self.numbers.issuperset(piece.siblings)

    def joined(self, piece: Piece) -> Outcome:
        """Returns the outcome of a piece's video, all parts of which are there."""
        (item,) = piece.items
        outcomes = [self._read(number, item) for number in piece.siblings]
        joined = join(item, outcomes, self._options)
        return replace(joined, seconds=sum(one.seconds for one in outcomes))

    def forget(self, done: AbstractSet[int]) -> None:
        """Removes the parts of videos that are written where they belong."""
        for number in self.numbers & done:
            self._path(number).unlink()
            self.numbers.remove(number)

    def _read(self, number: int, item: Item) -> Outcome:
        rows = pq.read_table(self._path(number))
        metadata = dict(rows.schema.metadata)
        about = json.loads(metadata.pop(_KEY))
        return Outcome(
            rows.replace_schema_metadata(metadata),
            tuple(Failure(item, reason) for reason in about["reasons"]),
            tuple((item.path, note) for _, note in about["notes"]),
            Counter(about["counts"]),
            about["seconds"],
        )

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.parquet"
