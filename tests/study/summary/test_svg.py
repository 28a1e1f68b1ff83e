import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.study.summary.svg import Scale, round_up


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_few_and_within_the_scale(low: float, length: float) -> None:
    scale = Scale(low, low + length, 0, 100)

    slack = 1e-6 * (abs(low) + length)
    assert 1 <= len(scale.ticks) <= 6
    assert all(low - slack <= tick <= low + length + slack for tick in scale.ticks)


@pytest.mark.parametrize(
    ("value", "expected"), [(0.03, 0.05), (0.2, 0.2), (0.21, 0.25), (0.26, 0.5), (7, 10), (1, 1)]
)
def test_round_values(value: float, expected: float) -> None:
    assert round_up(value) == pytest.approx(expected)


def test_a_scale_maps_its_ends() -> None:
    upwards = Scale(0, 2, 148, 28)

    assert (upwards(0), upwards(1), upwards(2)) == (148, 88, 28)
