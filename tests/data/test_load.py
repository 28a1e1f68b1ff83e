import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.data import FaceDataset, load_dataset
from mien.errors import DataError
from tests.data.layouts import (
    make_dataset,
    parquet_columns,
    same,
    write_csv,
    write_folders,
    write_parquet,
)

pytestmark = pytest.mark.slow

DATA = make_dataset([0, 3, 6], ["Training", "PublicTest", "PrivateTest"], seed=0, votes=False)


def test_csv_alone_or_in_its_folder(tmp_path: Path) -> None:
    path = write_csv(DATA, tmp_path)
    assert same(load_dataset(path), DATA)
    assert same(load_dataset(str(tmp_path)), DATA)
    path.rename(tmp_path / "icml_face_data.csv")
    assert same(load_dataset(tmp_path), DATA)


def test_votes_that_appear_are_noticed(tmp_path: Path) -> None:
    with_votes = make_dataset([0, 3, 6], DATA.splits.tolist(), seed=0, votes=True)
    path = write_csv(DATA, tmp_path)
    time.sleep(0.15)  # a file that changed just now is not cached
    assert same(load_dataset(path), DATA)
    (tmp_path / "other").mkdir()
    write_csv(with_votes, tmp_path / "other")
    (tmp_path / "other" / "fer2013new.csv").rename(tmp_path / "fer2013new.csv")
    assert same(load_dataset(path), with_votes)


def test_parquet_alone_or_in_its_folder(tmp_path: Path) -> None:
    path = write_parquet(parquet_columns(DATA), tmp_path / "faces.parquet")
    assert same(load_dataset(path), DATA)
    assert same(load_dataset(tmp_path), DATA)


def test_class_folders_with_problems(tmp_path: Path) -> None:
    write_folders(DATA, tmp_path)
    (tmp_path / "train" / "angry" / "bad.jpg").write_bytes(b"bad")
    (tmp_path / "train" / "angry" / "notes.txt").write_bytes(b"")
    data = load_dataset(tmp_path)
    assert len(data) == 3
    assert [Path(problem.partition(":")[0]).name for problem in data.problems] == [
        "notes.txt",
        "bad.jpg",
    ]


def test_new_image_is_noticed(tmp_path: Path) -> None:
    write_folders(DATA, tmp_path)
    load_dataset(tmp_path)
    Image.new("L", (48, 48)).save(tmp_path / "train" / "angry" / "new.png")
    assert len(load_dataset(tmp_path)) == 4


def test_what_cannot_be_a_data_set(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere: no such file or folder"):
        load_dataset(tmp_path / "nowhere")
    with pytest.raises(DataError, match="cannot be read: File name too long"):
        load_dataset("x" * 300)
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    with pytest.raises(DataError, match=r"loop.csv: cannot be read"):
        load_dataset(tmp_path / "loop.csv")
    (tmp_path / "faces.zip").touch()
    with pytest.raises(DataError, match=r"faces.zip: give a .csv file, a .parquet file or"):
        load_dataset(tmp_path / "faces.zip")
    with pytest.raises(DataError, match="no images in class folders"):
        load_dataset(tmp_path)


def test_two_parquet_files_are_ambiguous(tmp_path: Path) -> None:
    for name in ("a.parquet", "b.parquet"):
        write_parquet(parquet_columns(DATA), tmp_path / name)
    with pytest.raises(DataError, match=r"more than one .parquet file \(a.parquet, b.parquet\)"):
        load_dataset(tmp_path)


def test_fer2013_whole(shared: Path) -> None:
    data = load_dataset(shared / "fer2013")
    assert data.split_counts == {"Training": 28_709, "PublicTest": 3_589}
    assert data.votes is not None
    assert (data.votes.sum(axis=1) == 10).mean() > 0.99


@pytest.fixture(scope="module")
def layouts(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, FaceDataset]:
    """The first 40 rows of each split, as the shared tool writes them."""
    tool = shared.parent / "tools" / "fer2013_layouts.py"
    found = {}
    for layout in ("csv", "folders"):
        out = tmp_path_factory.mktemp(layout)
        subprocess.run([sys.executable, tool, layout, out, "--limit", "40"], check=True)
        found[layout] = load_dataset(out)
    return found


def test_layouts_of_the_same_rows_are_equal(shared: Path, layouts: dict[str, FaceDataset]) -> None:
    whole = load_dataset(shared / "fer2013")
    first = np.concatenate([np.flatnonzero(whole.splits == s)[:40] for s in whole.split_counts])
    table, folders = layouts["csv"], layouts["folders"]
    assert np.array_equal(table.images, whole.images[first])
    assert np.array_equal(table.labels, whole.labels[first])
    assert np.array_equal(table.splits, whole.splits[first])
    assert np.array_equal(table.votes, whole.votes[first])
    assert faces(folders) == faces(table)


def faces(data: FaceDataset) -> list[tuple[str, int, bytes]]:
    """The rows, whatever their order."""
    columns = (data.splits.tolist(), data.labels.tolist(), map(np.ndarray.tobytes, data.images))
    return sorted(zip(*columns, strict=True))
