"""Writes results to files, each exactly once: parts of Parquet, and a journal of the parts."""

import errno
import json
import os
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mien.batch.analysis import TaskResult, schema_of
from mien.batch.errors import BatchError
from mien.batch.job_folder import JobFolder
from mien.batch.plan import Options
from mien.batch.progress import Totals
from mien.files import flush
from mien.inference.records.layout import escape

_MAX_ROWS = 131_072  # that are buffered
_MAX_SECONDS = 30.0  # that a result is buffered; a kill loses no more than that

_ERRORS = pa.schema([("path", pa.string()), ("reason", pa.string())])
_NOTES = pa.schema([("path", pa.string()), ("note", pa.string())])


class ResultWriter:
    """Buffers results and writes them, many at a time.

    A part is one file of `records`, one of `errors` and one of `notes`, those that have rows, under
    one number. The files count once the journal has an entry for them; files without an entry were
    written by a job that was stopped, and are removed when it resumes.

    Args:
        folder: of the job.
        options: of the job.

    Attributes:
        done: the numbers of the tasks that are written.
        totals: of these, and of those that are buffered.

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
        self.done = {number for entry in self._journal.entries for number in entry.tasks}
        self.totals = Totals()
        for entry in self._journal.entries:
            self.totals.add(entry.totals)
        self._part = max((entry.part for entry in self._journal.entries), default=0)
        self._clear_buffer()
        self._remove_unfinished_parts()
        self._write_empty_parts()

    def add(self, tasks: Iterable[int], result: TaskResult) -> bool:
        """Buffers a result, and writes the buffer when it is full or old.

        Args:
            tasks: the numbers of the tasks that it is the result of.
            result: with all their rows.

        Returns:
            Whether all results so far are on the disk now.

        Raises:
            OSError: it cannot be written.
        """
        totals = _totals_of(result)
        self._tasks += tasks
        self._results.append(result)
        self._buffered.add(totals)
        self.totals.add(totals)
        full = sum(len(buffered.rows) for buffered in self._results) >= _MAX_ROWS
        if full or time.monotonic() - self._since >= _MAX_SECONDS:
            self.flush()
        return not self._results

    def flush(self) -> None:
        """Writes the buffer.

        Raises:
            OSError: it cannot be written.
        """
        if not self._results:
            return
        errors = [
            (failure.item.path, failure.text)
            for result in self._results
            for failure in result.failures
        ]
        notes = [(note.path, note.text) for result in self._results for note in result.notes]
        rows = pa.concat_tables([result.rows for result in self._results])
        part = self._part + 1
        for folder, table in (
            (self._folder.records, rows),
            (self._folder.errors, _text_table(errors, _ERRORS)),
            (self._folder.notes, _text_table(notes, _NOTES)),
        ):
            if len(table):
                self._publish(table, folder / _file_name(part))
        self._journal.append(JournalEntry(part, tuple(self._tasks), self._buffered))
        self._part = part
        self.done.update(self._tasks)
        self._clear_buffer()

    def _clear_buffer(self) -> None:
        self._tasks: list[int] = []
        self._results: list[TaskResult] = []
        self._buffered = Totals()
        self._since = time.monotonic()

    def _remove_unfinished_parts(self) -> None:
        """Removes part files that the journal has no entry for."""
        known = {_file_name(entry.part) for entry in self._journal.entries} | {_file_name(0)}
        for folder in self._tables:
            folder.mkdir(exist_ok=True)
            for path in folder.glob("part-*.parquet"):
                if path.name not in known:
                    path.unlink()

    def _write_empty_parts(self) -> None:
        """Writes part 0 of each table, so that even a table without rows has columns."""
        for folder, schema in self._tables.items():
            if not (folder / _file_name(0)).exists():
                self._publish(schema.empty_table(), folder / _file_name(0))

    def _publish(self, table: pa.Table, path: Path) -> None:
        """Writes a file elsewhere, since readers take all files of its folder, and renames it."""
        beside = self._folder.inner / path.name
        try:
            pq.write_table(table, beside, compression="zstd")
            flush(beside)
            beside.replace(path)
            flush(path.parent)
        finally:
            beside.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A part that was written.

    Attributes:
        part: its number.
        tasks: the numbers of the tasks whose results are in it.
        totals: of these.
    """

    part: int
    tasks: tuple[int, ...]
    totals: Totals

    def to_line(self) -> str:
        """Returns a line of JSON."""
        totals = self.totals
        return json.dumps(
            {
                "part": self.part,
                "pieces": _to_ranges(self.tasks),  # as version 0.1 named it
                "counts": totals.counts,
                "reasons": totals.reasons,
                "seconds": totals.seconds,
            }
        )

    @classmethod
    def from_line(cls, line: bytes) -> "JournalEntry":
        """Reads a line of JSON."""
        read = json.loads(line)
        tasks = tuple(n for first, last in read["pieces"] for n in range(first, last + 1))
        totals = Totals(Counter(read["counts"]), Counter(read["reasons"]), read["seconds"])
        return cls(read["part"], tasks, totals)


class Journal:
    """A file of entries, one a line. A kill or a full disk leaves at most one incomplete line.

    Args:
        path: the file; it is created where it is missing. An incomplete last line is removed.

    Attributes:
        entries: of the file.

    Raises:
        BatchError: a line of it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.touch()
        content = path.read_bytes()
        complete = content.rfind(b"\n") + 1
        if complete < len(content):
            os.truncate(path, complete)
        self.entries = list(self._read(content[:complete].splitlines()))

    def append(self, entry: JournalEntry) -> None:
        """Writes an entry and waits for the disk.

        Raises:
            OSError: it cannot be written; the file is as before.
        """
        with self._path.open("ab", buffering=0) as file:
            before = file.tell()
            try:
                line = f"{entry.to_line()}\n".encode()
                if file.write(line) != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(file.fileno())
            except OSError:
                os.truncate(self._path, before)
                raise
        self.entries.append(entry)

    def _read(self, lines: Iterable[bytes]) -> Iterator[JournalEntry]:
        for number, line in enumerate(lines, 1):
            try:
                yield JournalEntry.from_line(line)
            except (ValueError, KeyError, TypeError):
                raise BatchError(
                    "damaged",
                    subject=f"{self._path}, line {number}",
                    remedy="give --out another folder",
                ) from None


def _to_ranges(numbers: tuple[int, ...]) -> list[tuple[int, int]]:
    """Shortens 1, 2, 3, 7 to 1 to 3 and 7 to 7."""
    ordered = sorted(numbers)
    gaps = [(a, b) for a, b in pairwise(ordered) if b != a + 1]
    firsts = [*ordered[:1], *(after for _, after in gaps)]
    lasts = [*(before for before, _ in gaps), *ordered[-1:]]
    return list(zip(firsts, lasts, strict=True))


def _totals_of(result: TaskResult) -> Totals:
    counts = result.counts + Counter(failures=len(result.failures), notes=len(result.notes))
    reasons = Counter(re.sub(r"\d[\d.,]*", "…", failure.text) for failure in result.failures)
    return Totals(counts, reasons, result.seconds)


def _text_table(rows: list[tuple[str, str]], schema: pa.Schema) -> pa.Table:
    columns = [[escape(row[place]) for row in rows] for place in range(len(schema))]
    return pa.table(columns, schema=schema)


def _file_name(part: int) -> str:
    return f"part-{part:06d}.parquet"
