"""What is done is written down: whole, or not at all."""

import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.batch.errors import BatchError
from mien.batch.journal import Journal, Line, Totals
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
