"""Parts of cut films, which wait on the disk until all parts of their film are there."""

import json
from collections import Counter
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq

from mien.batch.folder import JobFolder
from mien.batch.items import Item, Options
from mien.batch.outcome import Failure, Outcome
from mien.batch.pieces import Piece
from mien.batch.seams import join
from mien.files import replacing

_KEY = b"outcome"


class Held:
    """Keeps the outcomes of parts of films, and joins them.

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
        """Tells whether all parts of a piece's film are there."""
        return self.numbers.issuperset(piece.siblings)

    def joined(self, piece: Piece) -> Outcome:
        """Returns the outcome of a piece's film, all parts of which are there."""
        (item,) = piece.items
        outcomes = [self._read(number, item) for number in piece.siblings]
        joined = join(item, outcomes, self._options)
        return replace(joined, seconds=sum(one.seconds for one in outcomes))

    def forget(self, done: AbstractSet[int]) -> None:
        """Removes the parts of films that are written where they belong."""
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
