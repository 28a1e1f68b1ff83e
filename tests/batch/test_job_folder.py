"""What is done is written down: whole, or not at all."""

import os
from collections import Counter
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.batch.errors import BatchError
from mien.batch.inputs import open_inputs
from mien.batch.job_folder import (
    Journal,
    Line,
    Totals,
    check_unchanged,
    save_inputs,
    saved_columns,
    saved_inputs,
)
from mien.batch.plan import Item
from tests.batch.jobs import save_photos
from tests.disk import no_file_over


def entry(part: int, *pieces: int) -> Line:
    totals = Totals(Counter(photos=len(pieces), happy=2), Counter({"bad: …": 1}), 1.5)
    return Line(part, pieces, totals)


@given(st.integers(0, 9), st.sets(st.integers(0, 40)), st.text())
def test_a_line_holds_an_entry(part: int, pieces: set[int], reason: str) -> None:
    totals = Totals(Counter(faces=3), Counter({reason: 2}), 0.25)
    written = Line(part, tuple(sorted(pieces)), totals)
    line = written.to_line()
    assert "\n" not in line
    assert Line.from_line(line.encode()) == written


def test_many_pieces_in_a_row_are_short() -> None:
    assert len(entry(1, *range(100_000)).to_line()) < 200


def test_entries_come_back_and_half_a_line_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.append(entry(1, 0, 1))
    journal.append(entry(2, 2))
    whole = path.read_bytes()
    for cut in range(1, len(whole.splitlines()[1]) + 1):
        path.write_bytes(whole[:-cut])
        assert Journal(path).entries == [entry(1, 0, 1)]
        journal = Journal(path)
        journal.append(entry(2, 2))
        assert path.read_bytes() == whole


def test_a_damaged_line_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    Journal(path).append(entry(1, 0))
    path.write_bytes(path.read_bytes() + b"{}\n")
    with pytest.raises(BatchError, match=r"journal\.jsonl, line 2: damaged; give --out another"):
        Journal(path)


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.append(entry(1, 0))
    before = path.read_bytes()
    with no_file_over(len(before) + 10), pytest.raises(OSError):  # noqa: PT011 - by the system
        journal.append(entry(2, 1))
    assert path.read_bytes() == before
    assert journal.entries == [entry(1, 0)]


def test_a_journal_waits_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    Journal(tmp_path / "journal.jsonl").append(entry(1, 0))
    assert len(synced) == 1


COLUMNS = pa.schema([("path", pa.string()), ("n", pa.float64()), ("day", pa.date32())])
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9)
ITEMS = st.lists(
    st.builds(
        lambda **values: values,
        path=NAMES | st.just("bad\udcff.png"),
        kind=st.sampled_from(["photo", "film"]),
        size=st.integers(0, 2**62),
        stamp=NAMES,
        values=st.tuples(
            st.none() | NAMES,
            st.none() | st.floats(allow_nan=False),
            st.none() | st.dates(min_value=date(1, 1, 1)),
        ),
        problem=NAMES,
        cuts=st.lists(st.integers(-(2**62), 2**62), max_size=3).map(tuple),
    ),
    max_size=8,
)


@settings(max_examples=40)
@given(ITEMS)
def test_inputs_come_back(tmp_path_factory: pytest.TempPathFactory, facts: list[dict]) -> None:
    items = [Item(index=number, **one) for number, one in enumerate(facts)]
    path = tmp_path_factory.getbasetemp() / "inputs.parquet"
    save_inputs(path, items, COLUMNS)
    assert list(saved_inputs(path)) == items
    assert saved_columns(path) == COLUMNS


def test_inputs_without_columns_come_back(tmp_path: Path) -> None:
    items = [Item(0, "a.png", "photo", 3, "x"), Item(1, "b.mp4", "film", 4, "y", cuts=(7,))]
    save_inputs(tmp_path / "inputs.parquet", items, pa.schema([]))
    assert list(saved_inputs(tmp_path / "inputs.parquet")) == items
    assert saved_columns(tmp_path / "inputs.parquet") == pa.schema([])


def test_each_change_is_noticed(tmp_path: Path) -> None:
    first, second, _ = save_photos(tmp_path / "in", 3)
    saved = tmp_path / "inputs.parquet"

    def check() -> None:
        with open_inputs([str(tmp_path / "in")]) as inputs:
            check_unchanged(saved, inputs)

    with open_inputs([str(tmp_path / "in")]) as inputs:
        save_inputs(saved, inputs, inputs.columns)
    check()
    save_photos(tmp_path / "in", 1, first=3)
    with pytest.raises(BatchError, match=r"0003\.png is new; add --as-begun to go on with the"):
        check()
    (tmp_path / "in" / "0003.png").rename(second)
    with pytest.raises(BatchError, match=r"0001\.png is another file"):
        check()
    first.unlink()
    with pytest.raises(BatchError, match=r"where .*0000\.png was, .*0001\.png is"):
        check()


def test_a_changed_column_is_noticed(tmp_path: Path) -> None:
    save_photos(tmp_path, 1)
    saved, table = tmp_path / "inputs.parquet", tmp_path / "list.csv"
    table.write_text("path,who\n0000.png,me\n")
    with open_inputs([str(table)]) as inputs:
        save_inputs(saved, inputs, inputs.columns)
    table.write_text("path,whom\n0000.png,me\n")
    with open_inputs([str(table)]) as inputs, pytest.raises(BatchError, match="other columns"):
        check_unchanged(saved, inputs)
    table.write_text("path,who\n0000.png,you\n")
    with open_inputs([str(table)]) as inputs, pytest.raises(BatchError, match="has other columns"):
        check_unchanged(saved, inputs)
