"""Outcomes on the disk: each once, however the writing ends."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from mien.batch import writer as writer_module
from mien.batch.analysis import Failure, Outcome, schema_of
from mien.batch.job_folder import JobFolder, Journal, open_folder
from mien.batch.plan import Item, Options
from mien.batch.writer import Store
from tests.batch.jobs import rows_of
from tests.disk import no_file_over


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[JobFolder]:
    with open_folder(tmp_path / "out") as opened:
        yield opened


def outcome(options: Options, *sources: str, bad: str = "") -> Outcome:
    rows = [{"source": source, "frame": 0, "time": 0.0} for source in sources]
    failures = (Failure(Item(0, bad, "photo", 0, ""), "empty after 12 of 3.5 s"),) if bad else ()
    notes = tuple((source, "skipped 1 damaged pieces.") for source in sources[1:])
    counts = Counter(photos=len(sources), images=len(sources))
    return Outcome(pa.Table.from_pylist(rows, schema_of(options)), failures, notes, counts, 2.0)


def test_parts_are_tables_that_other_programs_read(folder: JobFolder, options: Options) -> None:
    store = Store(folder, options)
    store.add([0], outcome(options, "a", "b"))
    store.flush()
    store.add([1], outcome(options, "c", bad="d\udcff\n"))
    store.flush()
    assert ds.dataset(folder.records).to_table().schema.equals(schema_of(options))
    found = duckdb.sql(f"select source from '{folder.records}/*.parquet' order by all").fetchall()
    assert found == [("a",), ("b",), ("c",)]
    found = duckdb.sql(f"select * from '{folder.errors}/*.parquet'").fetchall()
    assert found == [(r"d\udcff\n", "empty after 12 of 3.5 s")]
    assert rows_of(folder.path, "notes") == [{"path": "b", "note": "skipped 1 damaged pieces."}]
    assert store.totals.counts == Counter(photos=3, images=3, failures=1, notes=1)
    assert store.totals.reasons == Counter({"empty after … of … s": 1})
    assert store.done == {0, 1}


def test_a_job_without_rows_has_tables_with_columns(folder: JobFolder, options: Options) -> None:
    Store(folder, options)
    for table in (folder.records, folder.errors, folder.notes):
        assert duckdb.sql(f"select count(*) from '{table}/*.parquet'").fetchall() == [(0,)]
    assert ds.dataset(folder.records).schema.names == schema_of(options).names


def test_outcomes_wait_until_they_are_many_or_old(
    folder: JobFolder, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(folder, options)
    assert not store.add([0], outcome(options, "a"))
    assert store.done == set()
    monkeypatch.setattr(writer_module, "_ROWS", 3)
    assert store.add([1], outcome(options, "b", "c"))
    assert store.done == {0, 1}
    monkeypatch.setattr(writer_module, "_SECONDS", 0.0)
    assert store.add([2], outcome(options, "d"))
    assert len(list(folder.records.iterdir())) == 3  # two, and the empty one


def test_another_store_goes_on(folder: JobFolder, options: Options) -> None:
    first = Store(folder, options)
    first.add([0, 2], outcome(options, "a"))
    first.flush()
    first.add([1], outcome(options, "lost with the process"))
    second = Store(folder, options)
    assert second.done == {0, 2}
    assert second.totals.counts["photos"] == 1
    assert second.totals.seconds == 2.0
    second.add([1], outcome(options, "b"))
    second.flush()
    assert [row["source"] for row in rows_of(folder.path)] == ["a", "b"]


@pytest.mark.parametrize("step", range(6))
def test_a_kill_between_any_two_steps_leaves_no_row_twice(
    folder: JobFolder, options: Options, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part is three files and a line, each written beside and renamed, or appended."""

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

    store = Store(folder, options)
    store.add([0], outcome(options, "a"))
    store.flush()
    store.add([1], outcome(options, "b", "c", bad="d"))
    with monkeypatch.context():
        counted("replace", Path)
        counted("append", Journal)
        if step < 4:
            with pytest.raises(KilledError):
                store.flush()
        else:
            store.flush()
    monkeypatch.undo()
    again = Store(folder, options)
    if 1 not in again.done:
        again.add([1], outcome(options, "b", "c", bad="d"))
        again.flush()
    assert (1 in store.done) == (step >= 4)
    assert [row["source"] for row in rows_of(folder.path)] == ["a", "b", "c"]
    assert [row["path"] for row in rows_of(folder.path, "errors")] == ["d"]
    assert len(rows_of(folder.path, "notes")) == 1
    assert again.totals.counts == Counter(photos=3, images=3, failures=1, notes=1)


def test_a_full_disk_leaves_what_was_written(folder: JobFolder, options: Options) -> None:
    store = Store(folder, options)
    store.add([0], outcome(options, "a"))
    store.flush()
    store.add([1], outcome(options, "b", *(f"c{number}" for number in range(20_000))))
    with no_file_over(20_000), pytest.raises(OSError):  # noqa: PT011 - by the system
        store.flush()
    assert [row["source"] for row in rows_of(folder.path)] == ["a"]
    assert not list(folder.inner.glob("part-*"))
    store.flush()
    assert len(rows_of(folder.path)) == 20_002
    assert store.done == {0, 1}


def test_what_others_put_there_stays(folder: JobFolder, options: Options) -> None:
    Store(folder, options)
    pq.write_table(pa.table({"a": [1]}), folder.records / "mine.parquet")
    Store(folder, options)
    assert (folder.records / "mine.parquet").exists()
