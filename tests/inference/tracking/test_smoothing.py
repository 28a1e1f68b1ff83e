"""Smoothing is the same curve whatever the steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.inference.tracking.smoothing import (
    CLEAR,
    HOLD,
    KEPT,
    MARGIN,
    LabelHold,
    Smoother,
    smoothing_weight,
)

seconds = st.floats(0, 10)
constants = st.floats(0.001, 10)
seeds = st.integers(0, 2**32 - 1)


def random_rows(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.ones(7), count)


@given(one=seconds, other=seconds, constant=constants)
def test_two_steps_weigh_as_much_as_one(one: float, other: float, constant: float) -> None:
    kept = (1 - smoothing_weight(one, constant)) * (1 - smoothing_weight(other, constant))
    assert 1 - kept == pytest.approx(smoothing_weight(one + other, constant), abs=1e-12)


@given(elapsed=seconds, longer=seconds, constant=constants)
def test_weights_grow_with_time_from_0_to_1(elapsed: float, longer: float, constant: float) -> None:
    assert 0 <= smoothing_weight(elapsed, constant) <= 1
    assert smoothing_weight(elapsed, constant) <= smoothing_weight(elapsed + longer, constant)
    assert smoothing_weight(0, constant) == 0
    assert smoothing_weight(elapsed, 0) == 1


@given(seed=seeds, gaps=st.lists(st.floats(0, 1), min_size=1, max_size=20), constant=constants)
def test_smoothed_rows_stay_probabilities_within_the_range_of_the_inputs(
    seed: int, gaps: list[float], constant: float
) -> None:
    smoother = Smoother(constant)
    rows = random_rows(len(gaps), seed)
    for count, (row, time) in enumerate(zip(rows, np.cumsum(gaps), strict=True), 1):
        (smoothed,) = smoother.update([1], row[None], float(time))
        assert smoothed.sum() == pytest.approx(1)
        assert (smoothed >= rows[:count].min(axis=0) - 1e-12).all()
        assert (smoothed <= rows[:count].max(axis=0) + 1e-12).all()


@given(times=st.lists(st.floats(0.01, 2), max_size=40), constant=st.floats(0.05, 2), seed=seeds)
def test_a_step_is_reached_on_the_same_curve_at_every_rate(
    times: list[float], constant: float, seed: int
) -> None:
    before, after = random_rows(2, seed)
    smoother = Smoother(constant)
    smoother.update([1], before[None], 0.0)
    for time in sorted(times):
        (smoothed,) = smoother.update([1], after[None], time)
        expected = after + (before - after) * np.exp(-time / constant)
        np.testing.assert_allclose(smoothed, expected, atol=1e-9)


def test_each_person_has_a_curve_and_a_new_id_has_no_past() -> None:
    rows = random_rows(3, 0)
    smoother = Smoother(1.0)
    np.testing.assert_array_equal(smoother.update([1, 2], rows[:2], 0.0), rows[:2])
    crossed = smoother.update([2, 3], rows[[2, 0]], 0.5)
    np.testing.assert_array_equal(crossed[1], rows[0])
    weight = smoothing_weight(0.5, 1.0)
    np.testing.assert_allclose(crossed[0], rows[1] + weight * (rows[2] - rows[1]))
    back = smoother.update([1], rows[1:2], 1.0)
    np.testing.assert_allclose(back[0], rows[0] + smoothing_weight(1, 1) * (rows[1] - rows[0]))


def test_the_input_rows_are_not_changed() -> None:
    smoother, rows = Smoother(1.0), random_rows(2, 0)
    first = smoother.update([1], rows[:1], 0.0)
    kept = first.copy()
    smoother.update([1], rows[1:], 1.0)
    np.testing.assert_array_equal(first, kept)
    np.testing.assert_array_equal(rows, random_rows(2, 0))


def test_repeated_and_falling_times_count_as_no_elapsed_time() -> None:
    smoother, rows = Smoother(1.0), random_rows(3, 0)
    first = smoother.update([1], rows[:1], 5.0)
    np.testing.assert_array_equal(smoother.update([1], rows[1:2], 5.0), first)
    np.testing.assert_array_equal(smoother.update([1], rows[2:], 4.0), first)


def test_a_time_constant_of_0_smooths_nothing() -> None:
    smoother, rows = Smoother(0.0), random_rows(2, 0)
    for time, row in enumerate(rows):
        np.testing.assert_allclose(smoother.update([1], row[None], float(time))[0], row)


def test_absent_persons_are_forgotten() -> None:
    smoother, rows = Smoother(0.1), random_rows(1, 0)
    for number in range(1000):
        smoother.update([number], rows, number / 10)
    assert len(smoother._means) <= 22


@pytest.mark.parametrize("constant", [-1.0, float("inf"), float("nan")])
def test_an_invalid_time_constant_is_refused(constant: float) -> None:
    with pytest.raises(ValueError, match="time_constant must be 0 seconds or more"):
        Smoother(constant)


def follow(hold: LabelHold, times: np.ndarray, likeliest: np.ndarray, lead: float) -> list[int]:
    """The labels of one person whose likeliest label leads the other of two by so much."""
    rows = np.where(likeliest[:, None] == np.arange(2), (1 + lead) / 2, (1 - lead) / 2)
    return [
        hold.update([7], row[None], time)[0] for row, time in zip(rows, times.tolist(), strict=True)
    ]


@given(st.integers(5, 60))
def test_a_label_that_lasts_is_displayed_half_a_second_late_at_any_frame_rate(rate: int) -> None:
    times = np.arange(3 * rate) / rate
    labels = follow(LabelHold(), times, (times >= 1).astype(int), 0.5)
    changed = times[labels.index(1)]
    assert 1 + HOLD - 1 / rate - 1e-9 <= changed <= 1 + HOLD + 1 / rate
    assert labels[-1] == 1


def test_a_shape_of_a_talking_mouth_changes_no_label() -> None:
    times = np.arange(50) / 25
    assert set(follow(LabelHold(), times, (times * 4 % 1 < 0.5).astype(int), 0.6)) == {1}


def test_a_very_clear_label_is_displayed_at_once() -> None:
    labels = follow(LabelHold(), np.arange(4) / 25, np.array([0, 0, 1, 1]), CLEAR + 0.05)
    assert labels == [0, 0, 1, 1]


def test_a_narrow_lead_changes_a_label_only_once_nothing_else_is_remembered() -> None:
    times = np.arange(200) / 25
    labels = follow(LabelHold(), times, (times >= 1).astype(int), MARGIN - 0.01)
    assert times[labels.index(1)] == pytest.approx(KEPT, abs=0.1)


def test_a_slow_camera_s_next_frame_may_change_the_label() -> None:
    assert follow(LabelHold(), np.array([0.0, 1.0]), np.array([0, 1]), 0.5) == [0, 1]


@given(seeds)
def test_what_is_long_ago_has_no_influence(seed: int) -> None:
    """Two holds of other pasts agree once both have seen the same `KEPT` seconds."""
    rng = np.random.default_rng(seed)
    rows = random_rows(100, seed)
    one, other = LabelHold(), LabelHold()
    for number in range(int(rng.integers(1, 20))):
        one.update([0], random_rows(1, seed + number + 1), number / 10)
    first = 2.0
    answers = [
        [hold.update([0], row[None], first + index / 10)[0] for index, row in enumerate(rows)]
        for hold in (one, other)
    ]
    settled = int(10 * (KEPT + HOLD)) + 1
    assert answers[0][settled:] == answers[1][settled:]


def test_a_still_face_between_two_expressions_does_not_flicker() -> None:
    """Noise of a camera turns the most probable label over, the mean of 2.5 seconds hardly ever."""
    rng = np.random.default_rng(0)
    first = 0.515 + rng.normal(0, 0.03, 3000)
    rows = np.stack([first, 1 - first], axis=1)
    most = rows.argmax(axis=1)
    hold = LabelHold()
    labels = np.array(
        [hold.update([0], row[None], number / 25)[0] for number, row in enumerate(rows)]
    )
    assert (most[1:] != most[:-1]).sum() > 500
    assert (labels[1:] != labels[:-1]).sum() <= 2


def test_people_hold_labels_of_their_own_and_are_forgotten() -> None:
    hold = LabelHold()
    both = np.array([[0.8, 0.2], [0.2, 0.8]])
    assert hold.update([1, 2], both, 0.0) == [0, 1]
    assert hold.update([2], both[:1], 0.1) == [1]
    assert hold.update([1], both[1:], 5.0) == [1]  # nobody remembers the first label
