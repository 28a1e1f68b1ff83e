import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.evaluation.calibration import fit_temperature, reliability
from tests.evaluation.arrays import Predictions, predictions, softmax


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


@settings(deadline=None, max_examples=60)
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


def drawn(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and labels drawn with the probabilities that they mean."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (count, 7))
    below = softmax(logits).cumsum(axis=1) < rng.random((count, 1))
    return logits, below.sum(axis=1).clip(0, 6)


@settings(deadline=None, max_examples=15)
@given(st.floats(0.2, 8), st.integers(0, 1000))
def test_a_known_temperature_is_recovered(temperature: float, seed: int) -> None:
    logits, labels = drawn(4000, seed)
    assert fit_temperature(logits * temperature, labels) == pytest.approx(temperature, rel=0.1)


def test_calibrated_logits_have_little_error() -> None:
    logits, labels = drawn(4000, 0)
    spoiled = logits * 3
    fitted = spoiled / fit_temperature(spoiled, labels)
    assert reliability(softmax(spoiled), labels).ece > 0.1
    assert reliability(softmax(fitted), labels).ece < 0.03


extreme = st.floats(-1e300, 1e300) | st.sampled_from([0.0, 1.0, -1.0, 1e38])


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.lists(extreme, min_size=7, max_size=7), st.integers(0, 6)),
        min_size=1,
        max_size=5,
    )
)
def test_any_logits_give_a_finite_temperature(rows: list[tuple[list[float], int]]) -> None:
    logits, labels = zip(*rows, strict=True)
    temperature = fit_temperature(np.array(logits), np.array(labels))
    assert math.isfinite(temperature)
    assert 0.01 <= temperature <= 100


def test_logits_that_say_nothing_keep_their_temperature() -> None:
    assert fit_temperature(np.zeros((5, 7)), np.arange(5)) == 1.0


@pytest.mark.parametrize("logits", [np.zeros((0, 7)), np.full((1, 7), np.nan)])
def test_no_logits(logits: np.ndarray) -> None:
    with pytest.raises(ValueError, match="logits must be finite and at least one row"):
        fit_temperature(logits, np.zeros(len(logits), np.int64))
