import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.data import FaceDataset
from mien.data.fer2013_csv import read_fer2013
from mien.errors import DataError
from tests.data.layouts import (
    datasets,
    face_rows,
    make_dataset,
    same,
    vote_rows,
    write_csv,
    write_table,
)

few = settings(max_examples=25)


def three_faces(votes: bool = False) -> FaceDataset:
    return make_dataset([0, 3, 6], ["Training", "Training", "PrivateTest"], 0, votes)


@few
@given(data=datasets())
def test_round_trip(data: FaceDataset, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert same(read_fer2013(write_csv(data, tmp_path_factory.mktemp("csv"))), data)


@few
@given(data=datasets(votes=False), order=st.permutations(range(3)))
def test_columns_may_stand_in_any_order_with_blanks(
    data: FaceDataset, order: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    rows = [[row[index] for index in order] for row in face_rows(data)]
    rows[0] = [f" {name} " for name in rows[0]]
    path = write_table(rows, tmp_path_factory.mktemp("csv") / "icml_face_data.csv")
    assert same(read_fer2013(path), data)


@few
@given(
    data=datasets(votes=False),
    bad=st.one_of(
        st.sampled_from(["", "7", "-1", "256", "1.5", "0x1", "nan", "1_0", "train", "é", "\x00"]),
        st.text(st.characters(codec="utf-8", exclude_categories=["Nd", "Z", "Cc"])),
    ),
    draw=st.data(),
)
def test_any_corrupt_cell_is_named(
    data: FaceDataset, bad: str, draw: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rows = face_rows(data)
    row = draw.draw(st.integers(1, len(data)))
    column = draw.draw(st.integers(0, 2))
    if column == 1:
        pixels = rows[row][1].split(" ")
        pixels[draw.draw(st.integers(0, 2303))] = bad.replace("7", "256")
        rows[row][1] = " ".join(pixels)
    else:
        rows[row][column] = bad
    name = ("emotion", "pixels", "Usage")[column]
    path = write_table(rows, tmp_path_factory.mktemp("csv") / "fer2013.csv")
    with pytest.raises(DataError, match=f"fer2013.csv, row {row} .*column '{name}'"):
        read_fer2013(path)


@pytest.mark.parametrize("letter", ["é", "\u0661", "\ufffd", "\U0001f600", "\U0010ffff"])
def test_no_letter_beyond_ascii_reaches_the_parser(
    letter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On such a letter NumPy's parser took the whole process down, if seldom."""
    rows = face_rows(three_faces())
    rows[2][1] = rows[2][1].replace(" ", f" {letter} ", 1)
    path = write_table(rows, tmp_path / "fer2013.csv")
    parse = np.loadtxt

    def ascii_only(lines: list[str], *arguments: object, **options: object) -> object:
        assert all(line.isascii() for line in lines)
        return parse(lines, *arguments, **options)

    monkeypatch.setattr(np, "loadtxt", ascii_only)
    with pytest.raises(DataError, match=f"row 2 .*column 'pixels': '{letter}' is not a whole"):
        read_fer2013(path)


@pytest.mark.parametrize("extra", [-1, 1])
def test_wrong_number_of_pixels(tmp_path: Path, extra: int) -> None:
    rows = face_rows(three_faces())
    rows[2][1] = " ".join(["7"] * (2304 + extra))
    path = write_table(rows, tmp_path / "fer2013.csv")
    with pytest.raises(DataError, match=rf"row 2 \(line 3\).*'pixels': {2304 + extra} values"):
        read_fer2013(path)


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_missing_column(tmp_path: Path, missing: int) -> None:
    rows = face_rows(three_faces())
    name = rows[0][missing]
    for row in rows:
        del row[missing]
    path = write_table(rows, tmp_path / "fer2013.csv")
    with pytest.raises(DataError, match=f"fer2013.csv: it has no column '{name}'"):
        read_fer2013(path)


@few
@given(data=st.data())
def test_cut_off_file(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = write_csv(three_faces(), tmp_path_factory.mktemp("csv"))
    whole = path.read_bytes()
    last_row = whole.rindex(b"\n", 0, -2) + 1
    end = len(whole) - len(b"\r\n")
    path.write_bytes(whole[: data.draw(st.integers(last_row + 1, end - 1))])
    with pytest.raises(DataError, match="row 3"):
        read_fer2013(path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"emotion,pixels,Usage\n", "a header but no rows"),
        (b"emotion,pixels,Usage\n0,\xff\xfe,Training\n", "not UTF-8"),
        (b"emotion,pixels,Usage\n0," + b"1" * 200_000 + b",Training\n", "after row 0.*longer than"),
        (b"emotion,pixels,Usage\n" + b"1," * 2_000_000, "after row 0.*longer than"),
        (b'emotion,pixels,Usage\n0,"1 2', "after row 0"),
        (b"emotion,pixels,Usage\n0,1 2\n", "2 fields, not 3"),
        (b"emotion,pixels,Usage\n0," + b"1" * 9999 + b",Test", f"'{'1' * 40}' is not a whole"),
        (b"emotion,pixels,Usage\n0,,Training\n", "column 'pixels': 0 values"),
    ],
)
def test_no_csv_of_faces(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "fer2013.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"fer2013.csv.*{says}"):
        read_fer2013(path)


def test_quoted_fields(tmp_path: Path) -> None:
    path = tmp_path / "fer2013.csv"
    with path.open("w", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(face_rows(three_faces()))
    assert same(read_fer2013(path), three_faces())


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end(tmp_path: Path, end: str) -> None:
    path = tmp_path / "fer2013.csv"
    path.write_text("".join(",".join(row) + end for row in face_rows(three_faces())), newline="")
    assert same(read_fer2013(path), three_faces())


def test_byte_order_mark_and_blank_lines_are_passed_over(tmp_path: Path) -> None:
    path = write_csv(three_faces(), tmp_path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes() + b"\r\n\r\n")
    assert same(read_fer2013(path), three_faces())


@pytest.mark.parametrize("count", [2, 4])
def test_votes_of_another_number_of_rows(tmp_path: Path, count: int) -> None:
    path = write_csv(three_faces(), tmp_path)
    rows = vote_rows(three_faces(votes=True))
    write_table((rows + rows[-1:])[: count + 1], tmp_path / "fer2013new.csv")
    with pytest.raises(DataError, match=rf"fer2013new.csv: {count} rows, but fer2013.csv has 3"):
        read_fer2013(path)


def test_votes_of_another_split(tmp_path: Path) -> None:
    path = write_csv(three_faces(), tmp_path)
    rows = vote_rows(three_faces(votes=True))
    rows[3][0] = "PublicTest"
    write_table(rows, tmp_path / "fer2013new.csv")
    with pytest.raises(DataError, match=r"fer2013new.csv, row 3 .*'Usage': 'PublicTest'"):
        read_fer2013(path)


@few
@given(bad=st.sampled_from(["11", "-1", "1.5", "", "x"]), row=st.integers(1, 3))
def test_corrupt_vote(bad: str, row: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("csv")
    path = write_csv(three_faces(), folder)
    rows = vote_rows(three_faces(votes=True))
    rows[row][4] = bad
    write_table(rows, folder / "fer2013new.csv")
    with pytest.raises(DataError, match=f"fer2013new.csv, row {row} .*'surprise'"):
        read_fer2013(path)


def test_votes_without_usage_join_by_order(tmp_path: Path) -> None:
    data = three_faces(votes=True)
    path = write_csv(data, tmp_path)
    rows = [row[2:] for row in vote_rows(data)]
    write_table(rows, tmp_path / "fer2013new.csv")
    assert same(read_fer2013(path), data)
