import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.study.bootstrap import bootstrap_people


def test_the_interval_of_a_mean_is_that_of_its_standard_error() -> None:
    values = np.random.default_rng(1).normal(5, 2, 200)

    interval = bootstrap_people(len(values), lambda drawn: float(values[drawn].mean()))

    error = values.std(ddof=1) / np.sqrt(len(values))
    assert interval.low == pytest.approx(values.mean() - 1.96 * error, abs=0.2 * error)
    assert interval.high == pytest.approx(values.mean() + 1.96 * error, abs=0.2 * error)
    assert interval.people == 200


def test_the_same_seed_draws_the_same_interval() -> None:
    values = np.arange(12.0)

    def mean(drawn: np.ndarray) -> float:
        return float(values[drawn].mean())

    assert bootstrap_people(12, mean) == bootstrap_people(12, mean)
    assert bootstrap_people(12, mean) != bootstrap_people(12, mean, seed=1)


def test_one_person_has_no_interval() -> None:
    interval = bootstrap_people(1, lambda _: 3.0)

    assert np.isnan(interval.low)
    assert np.isnan(interval.high)
    assert interval.people == 1


def test_a_figure_that_most_draws_leave_undefined_has_no_interval() -> None:
    """Only one of ten people has the figure: a third of the draws lacks that person."""
    interval = bootstrap_people(10, lambda drawn: 1.0 if (drawn == 0).any() else np.nan)

    assert np.isnan(interval.low)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=8))
def test_an_interval_lies_within_the_values(values: list[float]) -> None:
    array = np.array(values)

    interval = bootstrap_people(len(array), lambda drawn: float(array[drawn].mean()), draws=50)

    slack = 1e-9 * (1 + np.abs(array).max())
    assert array.min() - slack <= interval.low <= interval.high <= array.max() + slack
