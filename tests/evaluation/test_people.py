"""Accuracy whose unit is the person."""

import numpy as np
import pytest

from mien.evaluation.metrics import wilson_interval
from mien.evaluation.people import accuracy_over_people


def test_people_of_one_face_give_wilson_s_interval_nearly() -> None:
    right = np.arange(400) % 4 > 0
    people = np.array([f"person {number}" for number in range(400)])
    found = accuracy_over_people(right, people)
    assert found.people == 400
    assert found.accuracy == 0.75
    assert found.accuracy_interval == pytest.approx(wilson_interval(300, 400), abs=0.01)


def test_faces_of_few_people_give_a_wide_interval() -> None:
    right = np.repeat([True, False, True, True], 100)
    found = accuracy_over_people(right, np.repeat(["a", "b", "c", "d"], 100))
    low, high = found.accuracy_interval
    assert high - low > 0.5


def test_a_face_whose_person_is_not_known_is_one_of_its_own() -> None:
    right = np.arange(300) % 2 == 0
    unknown = accuracy_over_people(right, np.array([""] * 300))
    assert unknown.people == 300
