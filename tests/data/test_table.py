"""Tables of photos: what they say, and what is wrong with them."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mien.data import DataFormat, load_dataset
from mien.errors import DataError
from tests.data.layouts import png, write_table

HEADER = ["path", "label", "person", "split", "Lighting"]


def put(folder: Path, *names: str) -> None:
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(np.full((48, 48), number, np.uint8)))


def write(folder: Path, rows: list[list[str]], suffix: str = ".csv") -> Path:
    path = folder / f"photos{suffix}"
    if suffix == ".csv":
        return write_table(rows, path)
    header, *values = rows
    table = {name: [row[at] or None for row in values] for at, name in enumerate(header)}
    pq.write_table(pa.table(table), path)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_people_splits_and_own_columns_are_read(tmp_path: Path, suffix: str) -> None:
    put(tmp_path, "in/a.png", "b.png", "c.png")
    rows = [
        HEADER,
        ["in/a.png", "happy", "ada", "train", "dim"],
        ["b.png", "Sadness", "", "Test", ""],
        [str(tmp_path / "c.png"), "sad", "bob", "", "bright"],
    ]
    data = load_dataset(write(tmp_path, rows, suffix))
    assert data.images[:, 0, 0].tolist() == [0, 1, 2]
    assert data.labels.tolist() == [3, 4, 4]
    assert data.people.tolist() == ["ada", "", "bob"]
    assert data.splits.tolist() == ["Training", "Test", "Training"]
    assert data.columns["lighting"].tolist() == ["dim", "", "bright"]
    assert data.files.tolist() == [str(tmp_path / name) for name in ("in/a.png", "b.png", "c.png")]
    again = load_dataset(tmp_path / f"photos{suffix}")  # from the cache
    assert again.columns["lighting"].tolist() == ["dim", "", "bright"]
    assert again.subset("Test").columns["lighting"].tolist() == [""]


def test_two_columns_suffice(tmp_path: Path) -> None:
    put(tmp_path, "a.png", "b.png")
    rows = [["label", "path"], ["pain", "a.png"], ["no pain", "b.png"]]
    data = load_dataset(write(tmp_path, rows), DataFormat(("no pain", "pain")))
    assert data.labels.tolist() == [1, 0]
    assert (data.people, data.columns) == (None, {})


def test_rows_without_an_image_are_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    put(tmp_path, "a.png")
    (tmp_path / "folder").mkdir()
    names = ["a.png", "gone.png", "folder", "a.png", "", "/nowhere/b.png", "x" * 5000]
    rows = [["path", "label"], *([name, "happy"] for name in names)]
    data = load_dataset(write(tmp_path, rows))
    assert len(data) == 1
    said = [problem.partition("row ")[2] for problem in data.problems]
    assert [text.split(" ")[0] for text in said] == ["2", "3", "4", "5", "6", "7"]
    assert [text.partition(": ")[2][:26] for text in said[:4]] == [
        "gone.png is not there",
        "folder is a folder",
        "a.png stands in a row befo",
        "it names no file",
    ]


BAD: Mapping[str, tuple[bytes, str]] = {
    "an unknown label": (b"path,label\na.png,hapy\n", r"unknown 'hapy'.*choose from angry"),
    "an unknown split": (b"path,label,split\na.png,happy,dev\n", r"unknown 'dev'.*choose from"),
    "UTF-16": ("path,label\na.png,happy\n".encode("utf-16"), "not UTF-8 text; save it as UTF-8"),
    "semicolons": (b"path;label\na.png;happy\n", "save it with commas"),
    "no rows": (b"path,label\n", "it lists no image"),
    "none there": (b"path,label\nb.png,happy\n", "it lists no image.*b.png is not there"),
    "an empty file": (b"", "the file is empty"),
    "other columns": (b"file,emotion\na.png,happy\n", "no column"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_table_that_cannot_be_used_is_refused(tmp_path: Path, name: str) -> None:
    put(tmp_path, "a.png")
    content, said = BAD[name]
    path = tmp_path / "photos.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=said) as error:
        load_dataset(path)
    assert "photos.csv" in str(error.value)
