from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.data import DataFormat, FaceDataset
from mien.data.parquet import read_parquet
from mien.errors import DataError
from tests.data.layouts import datasets, make_dataset, parquet_columns, png, same, write_parquet

few = settings(max_examples=25)


def columns(votes: bool = True) -> dict[str, list]:
    return parquet_columns(make_dataset([0, 3], ["Training", "Test"], 0, votes))


@few
@given(data=datasets())
def test_round_trip(data: FaceDataset, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("parquet") / "faces.parquet"
    assert same(read_parquet(write_parquet(parquet_columns(data), path)), data)


@few
@given(
    data=datasets(votes=True),
    corrupt=st.sampled_from(
        [
            ("emotion", 7),
            ("emotion", -1),
            ("emotion", None),
            ("usage", "train"),
            ("usage", None),
            ("image", None),
            ("image", b""),
            ("image", b"not an image"),
            ("votes_fear", 11),
            ("votes_nf", None),
        ]
    ),
    draw=st.data(),
)
def test_any_corrupt_cell_is_named(
    data: FaceDataset,
    corrupt: tuple[str, object],
    draw: st.DataObject,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    table = parquet_columns(data)
    name, value = corrupt
    row = draw.draw(st.integers(0, len(data) - 1))
    table[name][row] = value
    path = tmp_path_factory.mktemp("parquet") / "faces.parquet"
    if all(cell is None for cell in table[name]):
        table[name] = pa.array(table[name], pa.null())
    with pytest.raises(DataError, match=f"faces.parquet, row {row + 1}, column '{name}'"):
        read_parquet(write_parquet(table, path))


@pytest.mark.parametrize("name", ["emotion", "usage", "image", "votes_neutral", "votes_nf"])
def test_missing_column(tmp_path: Path, name: str) -> None:
    table = columns()
    del table[name]
    path = write_parquet(table, tmp_path / "faces.parquet")
    with pytest.raises(DataError, match=f"faces.parquet: it has no column '{name}'"):
        read_parquet(path)


def test_labels_of_another_type_are_refused(tmp_path: Path) -> None:
    path = write_parquet(columns() | {"emotion": [0.0, 3.0]}, tmp_path / "faces.parquet")
    with pytest.raises(DataError, match=r"row 1, column 'emotion': 0\.0"):
        read_parquet(path)


def test_larger_images_become_faces(tmp_path: Path) -> None:
    large = png(np.full((100, 80, 3), 9, np.uint8))
    path = write_parquet(columns(votes=False) | {"image": [large] * 2}, tmp_path / "a.parquet")
    assert (read_parquet(path, faces="crops").images == 9).all()


@pytest.mark.parametrize("keep", [0, 10, 300])
def test_cut_off_file(tmp_path: Path, keep: int) -> None:
    path = write_parquet(columns(), tmp_path / "faces.parquet")
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"faces.parquet: cannot be read as Parquet"):
        read_parquet(path)


def test_no_rows(tmp_path: Path) -> None:
    path = write_parquet({name: [] for name in columns()}, tmp_path / "faces.parquet")
    with pytest.raises(DataError, match="it has no rows"):
        read_parquet(path)


def test_labels_may_be_named_as_text(tmp_path: Path) -> None:
    path = tmp_path / "pain.parquet"
    rows = [
        {"emotion": name, "usage": "Training", "image": png(np.zeros((48, 48), np.uint8))}
        for name in ("pain", "no pain", "pain")
    ]
    pq.write_table(pa.Table.from_pylist(rows), path)
    data = read_parquet(path, DataFormat(("no pain", "pain")))
    assert data.labels.tolist() == [1, 0, 1]
    with pytest.raises(DataError, match=r"row 1, column 'emotion': unknown label 'pain'; choose"):
        read_parquet(path)


def test_a_number_whose_name_is_no_label_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "numbers.parquet"
    row = {"emotion": 1, "usage": "Training", "image": png(np.zeros((48, 48), np.uint8))}
    pq.write_table(pa.Table.from_pylist([row]), path)
    with pytest.raises(DataError, match="1 is disgust, which is not among the labels no pain, pa"):
        read_parquet(path, DataFormat(("no pain", "pain")))
