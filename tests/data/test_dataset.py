import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.data import FaceDataset
from mien.errors import DataError
from tests.data.layouts import datasets, make_dataset


def two_faces() -> FaceDataset:
    return make_dataset([3, 6], ["PublicTest", "Training"], seed=0, votes=True)


def test_subset_keeps_rows_together() -> None:
    data = two_faces()
    part = data.subset("Training")
    assert np.array_equal(part.images, data.images[1:])
    assert part.labels.tolist() == [6]
    assert np.array_equal(part.votes, data.votes[1:])


def test_absent_split_is_refused_with_those_present() -> None:
    with pytest.raises(DataError, match=r"'PrivateTest'.*choose from Training, PublicTest"):
        two_faces().subset("PrivateTest")


def test_split_counts_stand_in_one_order() -> None:
    assert list(two_faces().split_counts.items()) == [("Training", 1), ("PublicTest", 1)]


@given(datasets())
def test_splits_partition_the_data(data: FaceDataset) -> None:
    assert sum(len(data.subset(split)) for split in data.split_counts) == len(data)


@given(datasets(votes=True), st.data())
def test_fingerprint_sees_every_value(data: FaceDataset, draw: st.DataObject) -> None:
    row = draw.draw(st.integers(0, len(data) - 1))
    images, labels, votes = data.images.copy(), data.labels.copy(), data.votes.copy()
    images[row, 47, 3] ^= 1
    labels[row] = (labels[row] + 1) % 7
    votes[row, 9] ^= 1
    splits = data.splits.astype("<U11")
    splits[row] = "Training" if splits[row] == "Test" else "Test"
    changed = [
        replace(data, images=images),
        replace(data, labels=labels),
        replace(data, votes=votes),
        replace(data, votes=None),
        replace(data, splits=splits),
    ]
    prints = {data.fingerprint, *(other.fingerprint for other in changed)}
    assert len(prints) == 6
    assert all(re.fullmatch("[0-9a-f]{64}", text) for text in prints)


def test_fingerprint_is_of_content_not_of_memory_layout() -> None:
    data = two_faces()
    other = replace(
        data,
        images=np.asfortranarray(data.images),
        splits=data.splits.astype("<U40"),
        problems=("x",),
    )
    assert other.fingerprint == data.fingerprint


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"images": np.zeros((2, 47, 48), np.uint8)}, "images must be uint8"),
        ({"images": np.zeros((2, 48, 48))}, "images must be uint8"),
        ({"labels": np.zeros(3, np.int64)}, "labels must be int64"),
        ({"labels": np.array([0, 7])}, "labels must be from 0 to 6"),
        ({"labels": np.array([-1, 0])}, "labels must be from 0 to 6"),
        ({"splits": np.array(["Training", "train"])}, "unknown split 'train'"),
        ({"votes": np.zeros((2, 9), np.uint8)}, "votes must be uint8"),
    ],
)
def test_wrong_arrays_are_refused(change: dict[str, np.ndarray], says: str) -> None:
    with pytest.raises(DataError, match=says):
        replace(two_faces(), **change)


def test_no_faces_are_refused() -> None:
    none = np.zeros(0, np.int64)
    with pytest.raises(DataError, match="no faces"):
        FaceDataset(np.zeros((0, 48, 48), np.uint8), none, np.zeros(0, "<U8"))
