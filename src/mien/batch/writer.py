"""Outcomes become files: parts of Parquet, and a line of the journal for each."""

import re
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mien.batch.analysis import Outcome, schema_of
from mien.batch.job_folder import JobFolder, Journal, Line, Totals
from mien.batch.plan import Options
from mien.files import flush
from mien.inference.records.schema import escape

_ROWS = 131_072  # that are written at once
_SECONDS = 30.0  # after which what is there is written; a kill loses no more than that

_ERRORS = pa.schema([("path", pa.string()), ("reason", pa.string())])
_NOTES = pa.schema([("path", pa.string()), ("note", pa.string())])


class Store:
    """Takes outcomes and writes them, many at a time.

    A part is one file of `records`, one of `errors` and one of `notes`, those that have rows, under
    one number. They count once the journal has their line; what lies there without one was
    written by a job that was stopped, and is removed when the next begins.

    Args:
        folder: of the job.
        options: of the job.

    Attributes:
        done: the numbers of the pieces that are written.
        totals: what came of these and of those that wait to be written.

    Raises:
        BatchError: the journal is damaged.
        OSError: the folder cannot be written to.
    """

    def __init__(self, folder: JobFolder, options: Options) -> None:
        self._folder = folder
        self._tables = {
            folder.records: schema_of(options),
            folder.errors: _ERRORS,
            folder.notes: _NOTES,
        }
        self._journal = Journal(folder.journal)
        self.done = {number for entry in self._journal.entries for number in entry.pieces}
        self.totals = Totals()
        for entry in self._journal.entries:
            self.totals.add(entry.totals)
        self._part = max((entry.part for entry in self._journal.entries), default=0)
        self._forget()
        self._tidy()

    def add(self, pieces: Iterable[int], outcome: Outcome) -> bool:
        """Takes the outcome of pieces; tells whether it, and all before, are on the disk now.

        Raises:
            OSError: it cannot be written.
        """
        new = _totals(outcome)
        self._pieces += pieces
        self._outcomes.append(outcome)
        self._new.add(new)
        self.totals.add(new)
        full = sum(len(one.rows) for one in self._outcomes) >= _ROWS
        if full or time.monotonic() - self._since >= _SECONDS:
            self.flush()
        return not self._outcomes

    def flush(self) -> None:
        """Writes what waits.

        Raises:
            OSError: it cannot be written.
        """
        if not self._outcomes:
            return
        errors = [(f.item.path, f.reason) for one in self._outcomes for f in one.failures]
        notes = [note for one in self._outcomes for note in one.notes]
        rows = pa.concat_tables([one.rows for one in self._outcomes])
        part = self._part + 1
        for folder, table in (
            (self._folder.records, rows),
            (self._folder.errors, _texts(errors, _ERRORS)),
            (self._folder.notes, _texts(notes, _NOTES)),
        ):
            if len(table):
                self._publish(table, folder / _name(part))
        self._journal.append(Line(part, tuple(self._pieces), self._new))
        self._part = part
        self.done.update(self._pieces)
        self._forget()

    def _forget(self) -> None:
        self._pieces: list[int] = []
        self._outcomes: list[Outcome] = []
        self._new = Totals()
        self._since = time.monotonic()

    def _tidy(self) -> None:
        """Removes what no line tells of, and makes sure that each table can be read."""
        known = {_name(entry.part) for entry in self._journal.entries} | {_name(0)}
        for folder, schema in self._tables.items():
            folder.mkdir(exist_ok=True)
            for path in folder.glob("part-*.parquet"):
                if path.name not in known:
                    path.unlink()
            if not (folder / _name(0)).exists():  # so that even no rows have columns
                self._publish(schema.empty_table(), folder / _name(0))

    def _publish(self, table: pa.Table, path: Path) -> None:
        """Writes a file elsewhere, for readers take all that lies in its folder, and renames it."""
        beside = self._folder.inner / path.name
        try:
            pq.write_table(table, beside, compression="zstd")
            flush(beside)
            beside.replace(path)
            flush(path.parent)
        finally:
            beside.unlink(missing_ok=True)


def _totals(outcome: Outcome) -> Totals:
    counts = outcome.counts + Counter(failures=len(outcome.failures), notes=len(outcome.notes))
    reasons = Counter(re.sub(r"\d[\d.,]*", "…", one.reason) for one in outcome.failures)
    return Totals(counts, reasons, outcome.seconds)


def _texts(rows: list[tuple[str, str]], schema: pa.Schema) -> pa.Table:
    columns = [[escape(row[at]) for row in rows] for at in range(len(schema))]
    return pa.table(columns, schema=schema)


def _name(part: int) -> str:
    return f"part-{part:06d}.parquet"
