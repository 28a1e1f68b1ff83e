"""Results on the disk: each once, however the writing ends."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.batch import writer as writer_module
from mien.batch.analysis import Failure, Note, TaskResult, schema_of
from mien.batch.errors import BatchError
from mien.batch.job_folder import JobFolder, open_folder
from mien.batch.plan import Item, Options
from mien.batch.progress import Totals
from mien.batch.writer import Journal, JournalEntry, ResultWriter
from tests.batch.jobs import rows_of
from tests.disk import no_file_over


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[JobFolder]:
    with open_folder(tmp_path / "out") as opened:
        yield opened


def make_result(options: Options, *sources: str, bad: str = "") -> TaskResult:
    rows = [{"source": source, "frame": 0, "time": 0.0} for source in sources]
    failures = (Failure(Item(0, bad, "photo", 0, ""), "empty after 12 of 3.5 s"),) if bad else ()
    notes = tuple(Note(source, "skipped 1 damaged pieces.") for source in sources[1:])
    counts = Counter(photos=len(sources), pictures=len(sources))
    return TaskResult(pa.Table.from_pylist(rows, schema_of(options)), failures, notes, counts, 2.0)


def test_parts_are_tables_that_other_programs_read(folder: JobFolder, options: Options) -> None:
    writer = ResultWriter(folder, options)
    writer.add([0], make_result(options, "a", "b"))
    writer.flush()
    writer.add([1], make_result(options, "c", bad="d\udcff\n"))
    writer.flush()
    assert ds.dataset(folder.records).to_table().schema.equals(schema_of(options))
    found = duckdb.sql(f"select source from '{folder.records}/*.parquet' order by all").fetchall()
    assert found == [("a",), ("b",), ("c",)]
    found = duckdb.sql(f"select * from '{folder.errors}/*.parquet'").fetchall()
    assert found == [(r"d\udcff\n", "empty after 12 of 3.5 s")]
    assert rows_of(folder.path, "notes") == [{"path": "b", "note": "skipped 1 damaged pieces."}]
    assert writer.totals.counts == Counter(photos=3, pictures=3, failures=1, notes=1)
    assert writer.totals.reasons == Counter({"empty after … of … s": 1})
    assert writer.done == {0, 1}


def test_a_job_without_rows_has_tables_with_columns(folder: JobFolder, options: Options) -> None:
    ResultWriter(folder, options)
    for table in (folder.records, folder.errors, folder.notes):
        assert duckdb.sql(f"select count(*) from '{table}/*.parquet'").fetchall() == [(0,)]
    assert ds.dataset(folder.records).schema.names == schema_of(options).names


def test_results_are_buffered_until_they_are_many_or_old(
    folder: JobFolder, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = ResultWriter(folder, options)
    assert not writer.add([0], make_result(options, "a"))
    assert writer.done == set()
    monkeypatch.setattr(writer_module, "_MAX_ROWS", 3)
    assert writer.add([1], make_result(options, "b", "c"))
    assert writer.done == {0, 1}
    monkeypatch.setattr(writer_module, "_MAX_SECONDS", 0.0)
    assert writer.add([2], make_result(options, "d"))
    assert len(list(folder.records.iterdir())) == 3  # two, and the empty one


def test_another_writer_resumes(folder: JobFolder, options: Options) -> None:
    first = ResultWriter(folder, options)
    first.add([0, 2], make_result(options, "a"))
    first.flush()
    first.add([1], make_result(options, "lost with the process"))
    second = ResultWriter(folder, options)
    assert second.done == {0, 2}
    assert second.totals.counts["photos"] == 1
    assert second.totals.seconds == 2.0
    second.add([1], make_result(options, "b"))
    second.flush()
    assert [row["source"] for row in rows_of(folder.path)] == ["a", "b"]


@pytest.mark.parametrize("step", range(6))
def test_a_kill_between_any_two_steps_leaves_no_row_twice(
    folder: JobFolder, options: Options, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part is three files, each written beside and renamed, and a line, which is appended."""

    class KilledError(BaseException):
        pass

    steps = 0

    def counted(name: str, at: type) -> None:
        real = getattr(at, name)

        def call(self: object, *values: object) -> object:
            nonlocal steps
            steps += 1
            if steps == step + 1:
                raise KilledError
            return real(self, *values)

        monkeypatch.setattr(at, name, call)

    writer = ResultWriter(folder, options)
    writer.add([0], make_result(options, "a"))
    writer.flush()
    writer.add([1], make_result(options, "b", "c", bad="d"))
    with monkeypatch.context():
        counted("replace", Path)
        counted("append", Journal)
        if step < 4:
            with pytest.raises(KilledError):
                writer.flush()
        else:
            writer.flush()
    monkeypatch.undo()
    again = ResultWriter(folder, options)
    if 1 not in again.done:
        again.add([1], make_result(options, "b", "c", bad="d"))
        again.flush()
    assert (1 in writer.done) == (step >= 4)
    assert [row["source"] for row in rows_of(folder.path)] == ["a", "b", "c"]
    assert [row["path"] for row in rows_of(folder.path, "errors")] == ["d"]
    assert len(rows_of(folder.path, "notes")) == 1
    assert again.totals.counts == Counter(photos=3, pictures=3, failures=1, notes=1)


def test_a_full_disk_leaves_the_written_parts(folder: JobFolder, options: Options) -> None:
    writer = ResultWriter(folder, options)
    writer.add([0], make_result(options, "a"))
    writer.flush()
    writer.add([1], make_result(options, "b", *(f"c{number}" for number in range(20_000))))
    with no_file_over(20_000), pytest.raises(OSError):  # noqa: PT011 - by the system
        writer.flush()
    assert [row["source"] for row in rows_of(folder.path)] == ["a"]
    assert not list(folder.inner.glob("part-*"))
    writer.flush()
    assert len(rows_of(folder.path)) == 20_002
    assert writer.done == {0, 1}


def test_files_of_other_programs_stay(folder: JobFolder, options: Options) -> None:
    ResultWriter(folder, options)
    pq.write_table(pa.table({"a": [1]}), folder.records / "mine.parquet")
    ResultWriter(folder, options)
    assert (folder.records / "mine.parquet").exists()


def make_entry(part: int, *tasks: int) -> JournalEntry:
    totals = Totals(Counter(photos=len(tasks), happy=2), Counter({"bad: …": 1}), 1.5)
    return JournalEntry(part, tasks, totals)


@given(st.integers(0, 9), st.sets(st.integers(0, 40)), st.text())
def test_a_journal_entry_is_one_line_of_json(part: int, tasks: set[int], reason: str) -> None:
    totals = Totals(Counter(faces=3), Counter({reason: 2}), 0.25)
    written = JournalEntry(part, tuple(sorted(tasks)), totals)
    line = written.to_line()
    assert "\n" not in line
    assert JournalEntry.from_line(line.encode()) == written


def test_consecutive_tasks_are_a_short_journal_entry() -> None:
    assert len(make_entry(1, *range(100_000)).to_line()) < 200


def test_an_incomplete_last_line_of_the_journal_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.append(make_entry(1, 0, 1))
    journal.append(make_entry(2, 2))
    whole = path.read_bytes()
    for cut in range(1, len(whole.splitlines()[1]) + 1):
        path.write_bytes(whole[:-cut])
        assert Journal(path).entries == [make_entry(1, 0, 1)]
        journal = Journal(path)
        journal.append(make_entry(2, 2))
        assert path.read_bytes() == whole


def test_a_damaged_line_of_the_journal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    Journal(path).append(make_entry(1, 0))
    path.write_bytes(path.read_bytes() + b"{}\n")
    with pytest.raises(BatchError, match=r"journal\.jsonl, line 2: damaged; give --out another"):
        Journal(path)


def test_a_full_disk_leaves_the_journal_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.append(make_entry(1, 0))
    before = path.read_bytes()
    with no_file_over(len(before) + 10), pytest.raises(OSError):  # noqa: PT011 - by the system
        journal.append(make_entry(2, 1))
    assert path.read_bytes() == before
    assert journal.entries == [make_entry(1, 0)]


def test_the_journal_waits_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    Journal(tmp_path / "journal.jsonl").append(make_entry(1, 0))
    assert len(synced) == 1
