import csv
from io import StringIO
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import StudyError
from mien.study.tables import Table, TableColumn, Value, to_csv, write_tables

PEOPLE = Table(
    "people",
    (
        TableColumn("name", "of the person"),
        TableColumn("happy", "mean probability of happy", "probability", "never in view"),
        TableColumn("known", "whether the person is known"),
    ),
    [("Anna", 0.25, True), ("Ben, the 2nd", None, False), ("Zoë", float("nan"), True)],
)
SHARES = Table("shares", (TableColumn("label", "an expression"),), [("happy",), ("sad",)])


def test_csv_and_codebook(tmp_path: Path) -> None:
    written = write_tables(tmp_path / "out.csv", [PEOPLE, SHARES])

    assert [path.name for path in written] == ["out.csv", "out.shares.csv", "out.codebook.csv"]
    people = pd.read_csv(written[0])
    assert people["name"].tolist() == ["Anna", "Ben, the 2nd", "Zoë"]
    assert people["happy"].isna().tolist() == [False, True, True]
    assert people["known"].tolist() == [1, 0, 1]
    codes = pd.read_csv(written[2]).set_index(["table", "column"])
    assert codes.loc[("people", "happy"), "unit"] == "probability"
    assert codes.loc[("people", "happy"), "missing"] == "never in view"
    assert ("shares", "label") in codes.index


def test_parquet_keeps_types(tmp_path: Path) -> None:
    people = pd.read_parquet(write_tables(tmp_path / "out.parquet", [PEOPLE])[0])

    assert people["happy"].dtype == "float64"
    assert people["known"].dtype == "bool"
    assert people["happy"].isna().tolist() == [False, True, True]


def test_excel_has_a_sheet_a_table_and_the_codebook(tmp_path: Path) -> None:
    (path,) = write_tables(tmp_path / "out.xlsx", [PEOPLE, SHARES])

    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["people", "shares", "codebook"]
    assert [cell.value for cell in book["people"][2]] == ["Anna", 0.25, True]
    assert book["people"][3][1].value is None


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_spreadsheet_takes_no_text_for_a_formula(tmp_path: Path, suffix: str) -> None:
    table = Table("t", (TableColumn("text", "any"),), [("=HYPERLINK(1)",)])

    (path, *_) = write_tables(tmp_path / f"out.{suffix}", [table])

    if suffix == "csv":
        assert pd.read_csv(path)["text"].tolist() == ["'=HYPERLINK(1)"]
    else:
        cell = openpyxl.load_workbook(path)["t"][2][0]
        assert (cell.data_type, cell.value) == ("s", "'=HYPERLINK(1)")


def test_another_suffix_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"out\.doc: tables end in \.csv, \.parquet or \.xlsx"):
        write_tables(tmp_path / "out.doc", [PEOPLE])


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="cannot be written"):
        write_tables(tmp_path / "absent" / "out.csv", [PEOPLE])


def test_a_failed_write_keeps_what_stood_there(tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    write_tables(path, [PEOPLE])
    before = path.read_bytes()
    mixed = Table("t", (TableColumn("a", "text and number"),), [("x",), (1,)])

    with pytest.raises(Exception, match="x"):
        write_tables(path, [mixed])
    assert path.read_bytes() == before


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"])).filter(
    lambda text: not text.startswith(("=", "+", "-", "@"))
)


@given(st.lists(st.tuples(texts, st.floats(-1e9, 1e9)), min_size=1))
def test_csv_round_trips(rows: list[tuple[Value, ...]]) -> None:
    table = Table("t", (TableColumn("a", ""), TableColumn("b", "")), rows)

    header, *found = csv.reader(StringIO(to_csv(table), newline=""))

    assert header == ["a", "b"]
    assert [row[0] for row in found] == [row[0] for row in rows]
    assert [float(row[1]) for row in found] == pytest.approx([row[1] for row in rows], rel=1e-9)
