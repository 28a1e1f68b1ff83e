"""Text that a spreadsheet would run is guarded, and read back as it was."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.data.rows import read_rows
from mien.inference.records import open_records, read_records
from mien.results import FrameResult
from mien.sheets import guard, unguard, write_cells
from mien.study.tables import Table, TableColumn, to_csv

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1"]
texts = (
    st.text()
    | st.sampled_from(FORMULAS)
    | st.sampled_from("'=+-@").flatmap(lambda first: st.text().map(lambda rest: first + rest))
)


@given(texts)
def test_any_text_comes_back_and_none_is_run(text: str) -> None:
    assert unguard(guard(text)) == text
    assert not guard(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.lists(texts | st.integers() | st.floats(allow_nan=False), min_size=2))
def test_a_row_comes_back_and_numbers_are_untouched(row: list[object]) -> None:
    (read,) = csv.reader(StringIO(write_cells([row], end="\r\n"), newline=""))
    assert [
        unguard(cell) if isinstance(value, str) else cell
        for cell, value in zip(read, row, strict=True)
    ] == [str(value) for value in row]


def test_a_negative_number_of_a_table_stays_a_number() -> None:
    table = Table("t", (TableColumn("a", ""), TableColumn("b", "")), [(-0.5, "-0.5"), (-3.0, True)])
    assert to_csv(table) == "a,b\n-0.5,'-0.5\n-3,1\n"


@pytest.mark.parametrize("source", ["=1+1", "'=1", "-film.mp4", "@home", "+1", "'quoted'"])
def test_the_source_of_a_record_comes_back(source: str, tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    with open_records(path) as records:
        records.write(FrameResult(source, 64, 48, (), 0, 0.5))
    assert path.read_text().splitlines()[1].startswith(guard(source))
    assert list(read_records(path).source) == [source]


def test_the_files_of_findings_and_tables_come_back(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(write_cells([("path", "label"), ("=1.png", "happy"), ("'-2.png", "sad")]))
    assert [fields for _, fields in read_rows(path, ("path", "label"))] == [
        ["=1.png", "happy"],
        ["'-2.png", "sad"],
    ]
