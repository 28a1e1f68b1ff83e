import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.evaluation.calibration import (
    Calibration,
    fit_calibration,
    fit_temperature,
)
from mien.evaluation.reliability import reliability
from tests.evaluation.arrays import softmax


def drawn(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and labels drawn with the probabilities that they mean."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (count, 7))
    below = softmax(logits).cumsum(axis=1) < rng.random((count, 1))
    return logits, below.sum(axis=1).clip(0, 6)


@settings(max_examples=15)
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


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.lists(extreme, min_size=7, max_size=7), st.integers(0, 6)),
        min_size=1,
        max_size=5,
    )
)
def test_any_logits_give_finite_answers(rows: list[tuple[list[float], int]]) -> None:
    logits, labels = (np.array(part) for part in zip(*rows, strict=True))
    calibration = fit_calibration(logits, labels)
    assert math.isfinite(calibration.temperature)
    assert 0.01 <= calibration.temperature <= 100
    np.testing.assert_allclose(calibration.apply(logits).sum(axis=1), 1)


def test_logits_that_say_nothing_keep_their_temperature() -> None:
    assert fit_temperature(np.zeros((5, 7)), np.arange(5)) == 1.0


@pytest.mark.parametrize("logits", [np.zeros((0, 7)), np.full((1, 7), np.nan)])
def test_no_logits(logits: np.ndarray) -> None:
    with pytest.raises(ValueError, match="logits must be finite and at least one row"):
        fit_temperature(logits, np.zeros(len(logits), np.int64))


def half_known(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are too sure of faces half known, and not sure enough of those known well."""
    logits, labels = drawn(count, seed)
    return logits * np.exp(0.6 - softmax(logits).max(axis=1, keepdims=True)), labels


def test_a_correction_mends_what_no_temperature_can() -> None:
    logits, labels = half_known(20_000, 0)
    unseen, answers = half_known(20_000, 1)
    plain = Calibration(fit_temperature(logits, labels))
    assert reliability(plain.apply(unseen), answers).ece > 0.04
    assert reliability(fit_calibration(logits, labels).apply(unseen), answers).ece < 0.02


@settings(max_examples=60)
@given(
    st.lists(st.lists(st.floats(-30, 30), min_size=7, max_size=7), min_size=1, max_size=9),
    st.tuples(st.floats(-5, 5), st.floats(-5, 5), st.floats(-5, 5)),
)
def test_a_correction_keeps_the_order_of_emotions(
    rows: list[list[float]], correction: tuple[float, float, float]
) -> None:
    logits = np.array(rows)
    answers = Calibration(1.0, correction).apply(logits)
    order = logits.argsort(axis=1)
    assert (np.diff(np.take_along_axis(answers, order, axis=1), axis=1) >= -1e-12).all()


def test_few_faces_move_the_correction_little() -> None:
    logits, labels = half_known(20_000, 0)
    few = fit_calibration(logits[:10], labels[:10]).correction
    many = fit_calibration(logits, labels).correction
    assert np.abs(few).max() < np.abs(many).max() / 2
