import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.data.dataset import SPLITS
from mien.data.findings import (
    COLUMNS,
    KINDS,
    Finding,
    read_findings,
    weights_of,
    write_findings,
)
from mien.emotions import EMOTIONS
from mien.errors import DataError

PRINT = "0123456789abcdef" * 4
OTHER_PRINT = "f" * 64

indices = st.integers(0, 50)
findings = st.lists(
    st.builds(
        Finding,
        index=indices,
        split=st.sampled_from(SPLITS),
        label=st.sampled_from(EMOTIONS),
        kind=st.sampled_from(KINDS),
        score=st.integers(0, 10_000).map(lambda part: part / 10_000),
        reason=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20),
        suggestion=st.none() | st.sampled_from(EMOTIONS),
        other=st.none() | indices,
    ),
    max_size=8,
)


def make(index: int = 3, kind: str = "copy") -> Finding:
    return Finding(index, "Training", "sad", kind, 0.5, "an exact copy, of face 1", None, 1)


@given(rows=findings)
def test_what_is_written_is_read_again(rows: list[Finding], tmp_path_factory) -> None:
    path = tmp_path_factory.mktemp("findings") / "audit.csv"
    write_findings(path, rows, PRINT)
    assert read_findings(path, PRINT) == rows


def test_any_reader_of_csv_can_read_it(tmp_path: Path) -> None:
    files = np.array(["a.png", "b.png", "c.png", "d.png"])
    write_findings(tmp_path / "audit.csv", [make()], PRINT, files)
    with (tmp_path / "audit.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert tuple(row) == (*COLUMNS, "file", "other_file")
    assert (row["file"], row["other_file"]) == ("d.png", "b.png")
    assert row["data"] == PRINT[:16]
    assert (row["index"], row["other"], row["suggestion"]) == ("3", "1", "")
    assert row["reason"] == "an exact copy, of face 1"


def test_findings_of_another_data_set_are_refused(tmp_path: Path) -> None:
    write_findings(tmp_path / "audit.csv", [make()], PRINT)
    with pytest.raises(DataError, match=r"audit.csv, row 1 .*another data set .*mien audit"):
        read_findings(tmp_path / "audit.csv", OTHER_PRINT)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("index", "-1"),
        ("index", "first"),
        ("split", "Trainig"),
        ("label", "gloomy"),
        ("kind", "ugly"),
        ("score", "nan"),
        ("score", "2"),
        ("suggestion", "glad"),
        ("other", "1.5"),
    ],
)
def test_a_bad_field_is_named(tmp_path: Path, column: str, value: str) -> None:
    path = tmp_path / "audit.csv"
    write_findings(path, [make()], PRINT)
    header, row = path.read_text().splitlines()
    fields = next(csv.reader([row]))
    fields[COLUMNS.index(column)] = value
    path.write_text(header + "\n" + ",".join(f'"{field}"' for field in fields) + "\n")
    with pytest.raises(DataError, match=f"row 1 .*column '{column}': '{value}'"):
        read_findings(path, PRINT)


def test_a_file_that_is_not_there_or_no_audit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_findings(tmp_path / "none.csv", PRINT)
    (tmp_path / "fer.csv").write_text("emotion,pixels\n0,1\n")
    with pytest.raises(DataError, match="no column 'data'"):
        read_findings(tmp_path / "fer.csv", PRINT)
    with pytest.raises(DataError, match="cannot be written"):
        write_findings(tmp_path / "no" / "audit.csv", [], PRINT)


@given(rows=findings, factors=st.dictionaries(st.sampled_from(KINDS), st.floats(0, 1, width=32)))
def test_a_face_weighs_the_least_of_what_was_found(
    rows: list[Finding], factors: dict[str, float]
) -> None:
    weights = weights_of(rows, 51, factors)
    assert weights.dtype == np.float32
    assert weights.shape == (51,)
    for index, weight in enumerate(weights):
        of_face = [factors.get(row.kind, 1) for row in rows if row.index == index]
        assert weight == np.float32(min([1, *of_face]))


def test_a_finding_about_no_face_is_refused() -> None:
    with pytest.raises(DataError, match="face 3, but there are only 3"):
        weights_of([make(3)], 3, {})
