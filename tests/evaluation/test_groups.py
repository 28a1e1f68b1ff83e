"""Accuracy by a column: each value's faces, with people as units where they are known."""

from dataclasses import replace

import numpy as np
import pytest

from mien.data import FaceDataset
from mien.errors import DataError
from mien.evaluation.groups import group_by
from mien.evaluation.metrics import wilson_interval
from tests.data.layouts import make_dataset

LABELS = [0, 0, 3, 3, 3, 6]
RIGHT = np.array([True, False, True, True, False, True])


def faces(**more: object) -> FaceDataset:
    data = make_dataset(LABELS, ["Test"] * len(LABELS), 0, votes=False)
    return replace(data, **more)


def test_each_value_has_its_faces_and_interval() -> None:
    light = np.array(["dim", "dim", "bright", "bright", "", "bright"])
    groups = group_by(faces(columns={"light": light}), RIGHT, ["Light", "label"])
    assert [(group.value, group.n, group.accuracy) for group in groups["Light"]] == [
        ("", 1, 0.0),
        ("bright", 3, 1.0),
        ("dim", 2, 0.5),
    ]
    assert groups["Light"][1].accuracy_interval == wilson_interval(3, 3)
    assert [group.value for group in groups["label"]] == ["angry", "happy", "neutral"]
    assert groups["label"][0].people is None


def test_people_are_the_units_where_several_are_known() -> None:
    people = np.array(["ada", "ada", "bob", "bob", "cy", ""])
    by_person = group_by(faces(people=people), RIGHT, ["person"])["person"]
    assert [(group.value, group.people, group.accuracy) for group in by_person] == [
        ("", 1, 1.0),
        ("ada", 1, 0.5),
        ("bob", 1, 1.0),
        ("cy", 1, 0.0),
    ]
    (_, happy, _) = group_by(faces(people=people), RIGHT, ["label"])["label"]
    assert happy.people == 2
    assert happy.accuracy_interval == (0.0, 1.0)  # bob is right throughout, cy is not


def test_an_unknown_column_and_one_of_too_many_values_are_refused() -> None:
    with pytest.raises(DataError, match="no column 'light'; choose from label"):
        group_by(faces(), RIGHT, ["light"])
    data = make_dataset([0] * 201, ["Test"] * 201, 0, votes=False)
    names = replace(data, columns={"file": np.array([str(number) for number in range(201)])})
    with pytest.raises(DataError, match="201 values; choose one of 200"):
        group_by(names, np.ones(201, bool), ["file"])
