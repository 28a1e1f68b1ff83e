"""The labels of a data set, in every layout."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mien.data import find_labels
from mien.emotions import EMOTIONS
from mien.errors import DataError
from tests.data.layouts import make_dataset, png, write_csv, write_table

FACE = png(np.zeros((48, 48), np.uint8))


def folders(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).mkdir(parents=True)
        (root / name / "a.png").write_bytes(FACE)
    return root


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (("pain", "no pain"), ("no pain", "pain")),
        (("train/Contempt", "train/happiness", "test/neutral"), ("happy", "neutral", "Contempt")),
        (("3", "0"), ("angry", "happy")),
        (("surprise", "anger", "engaged", "bored"), ("angry", "surprise", "bored", "engaged")),
    ],
)
def test_labels_of_class_folders(
    tmp_path: Path, names: tuple[str, ...], labels: tuple[str, ...]
) -> None:
    assert find_labels(folders(tmp_path, *names)) == labels


def test_labels_of_tables_and_of_fer2013(tmp_path: Path) -> None:
    rows = [["path", "label"], ["a.png", "pain"], ["b.png", " joy "], ["a.png", "pain"]]
    assert find_labels(write_table(rows, tmp_path / "a.csv")) == ("happy", "pain")
    table = {"path": ["a"] * 2, "label": ["x", "y"]}
    pq.write_table(pa.table(table), tmp_path / "b.parquet")
    assert find_labels(tmp_path / "b.parquet") == ("x", "y")
    faces = {"emotion": [0, 6, 6], "usage": ["Test"] * 3, "image": [FACE] * 3}
    pq.write_table(pa.table(faces), tmp_path / "c.parquet")
    assert find_labels(tmp_path / "c.parquet") == ("angry", "neutral")
    (tmp_path / "fer").mkdir()
    write_csv(make_dataset([0, 1], ["Training"] * 2, 0, votes=False), tmp_path / "fer")
    assert find_labels(tmp_path / "fer") == EMOTIONS
    assert find_labels(tmp_path / "fer" / "fer2013.csv") == EMOTIONS


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["pain", "pain"], "one label only, 'pain'.*add photos of another"),
        (["yes/no", "maybe"], "'yes/no' has a slash"),
        ([f"label {number}" for number in range(10_000)], "10,000 labels; give 100 at most"),
    ],
)
def test_labels_that_no_model_can_have_are_refused(
    tmp_path: Path, labels: list[str], said: str
) -> None:
    rows = [["path", "label"], *([f"{at}.png", label] for at, label in enumerate(labels))]
    with pytest.raises(DataError, match=said):
        find_labels(write_table(rows, tmp_path / "a.csv"))
