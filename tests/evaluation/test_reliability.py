from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings

from mien.evaluation.reliability import ece_by_chance, reliability
from tests.evaluation.arrays import Predictions, predictions


def slow_ece(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The definition of Guo et al. 2017, a bin at a time."""
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    total = 0.0
    edges = np.linspace(0, 1, 16)
    for low, high in pairwise(edges):
        inside = (confidence > low) & (confidence <= high)
        # float32 rows may sum to a hair over 1; those belong to the last bin
        inside |= (high == 1) & (confidence > 1)
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return total


@settings(max_examples=60)
@given(predictions())
def test_ece_is_the_definition(case: Predictions) -> None:
    bins = reliability(*case)
    assert bins.ece == pytest.approx(slow_ece(*case), abs=1e-9)
    assert bins.counts.sum() == len(case[1])


def test_sure_and_right_is_no_error() -> None:
    assert reliability(np.eye(7), np.arange(7)).ece == 0
    assert reliability(np.eye(7), (np.arange(7) + 1) % 7).ece == 1


def test_a_bin_holds_its_upper_edge() -> None:
    bins = reliability(np.array([[0.2] * 5 + [0.0] * 2]), np.array([0]))
    assert bins.edges[3] == 0.2
    assert np.flatnonzero(bins.counts).tolist() == [2]


def test_answers_that_are_calibrated_lie_in_the_range_of_chance_19_times_in_20() -> None:
    rng, inside = np.random.default_rng(0), 0
    for _ in range(200):
        probabilities = rng.dirichlet(np.full(7, 0.3), 400)
        labels = np.array([rng.choice(7, p=row) for row in probabilities])
        low, high = ece_by_chance(probabilities)
        inside += low <= reliability(probabilities, labels).ece <= high
    assert 180 <= inside <= 198


def test_answers_that_are_too_sure_lie_above_it() -> None:
    sure = np.full((400, 7), 0.02)
    sure[:, 0] = 0.88
    labels = np.arange(400) % 2
    assert reliability(sure, labels).ece > 5 * ece_by_chance(sure)[1]


@settings(max_examples=30)
@given(predictions())
def test_the_range_of_chance_is_a_range_between_0_and_1(case: Predictions) -> None:
    low, high = ece_by_chance(case[0])
    assert 0 <= low <= high <= 1
