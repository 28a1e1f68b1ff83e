"""A Validation split is made where there is none: nobody is on both sides."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.data import FaceDataset
from mien.data.splits import with_validation
from tests.data.layouts import make_dataset


def people(faces: list[tuple[int, int]]) -> FaceDataset:
    """Faces of (label, person); person 0 is nobody known."""
    data = make_dataset([label for label, _ in faces], ["Training"] * len(faces), 0, votes=False)
    names = np.array([f"p{person}" if person else "" for _, person in faces])
    return replace(data, people=names)


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 30)), min_size=60, max_size=90),
)
@pytest.mark.filterwarnings("ignore:The least populated class")
def test_nobody_is_on_both_sides(faces: list[tuple[int, int]]) -> None:
    data = people(faces)
    split = with_validation(data)
    sides = [set(split.subset(name).people.tolist()) - {""} for name in ("Training", "Validation")]
    assert not sides[0] & sides[1]
    assert split.fingerprint == with_validation(data).fingerprint


def test_a_fifth_of_each_label_is_held_back() -> None:
    data = people([(index % 3, 0) for index in range(150)])
    split = with_validation(data)
    assert split.split_counts == {"Training": 120, "Validation": 30}
    assert np.bincount(split.subset("Validation").labels).tolist() == [10, 10, 10]


def test_splits_that_are_there_stay() -> None:
    data = make_dataset([0] * 12, ["Training"] * 11 + ["Test"], 0, votes=False)
    assert with_validation(data) is data
    few = people([(0, 1), (1, 2)])
    assert with_validation(few) is few
