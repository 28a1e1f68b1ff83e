"""Estimates are unbiased however biased the model is, and their intervals hold."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

from mien.study.design import (
    Share,
    draw_stretches,
    estimate_contrast,
    estimate_share,
    inclusion_probabilities,
)
from mien.study.design.estimate import t_quantile


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 7, 10, 30, 99, 1000])
def test_quantiles_are_those_of_scipy(freedom: int) -> None:
    assert t_quantile(freedom) == pytest.approx(t.ppf(0.975, freedom), abs=1e-3)


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0.01, 1), st.floats(0, 1)),
        min_size=2,
        max_size=50,
    )
)
def test_the_interval_holds_the_estimate(rows: list[tuple[float, float, float]]) -> None:
    codes, chances, predicted = np.array(rows, np.float64).T
    for share in (
        estimate_share(codes, chances),
        estimate_share(codes, chances, predicted, 0.5),
    ):
        assert 0 <= share.low <= share.value <= share.high <= 1


def test_codes_alone_are_weighted_by_the_inverse_of_their_chances() -> None:
    share = estimate_share(np.array([1.0, 0.0]), np.array([0.5, 0.1]))
    assert share.value == pytest.approx(2 / 12)


def test_a_label_that_nobody_saw_may_yet_be_there() -> None:
    share = estimate_share(np.zeros(100), np.full(100, 0.05))
    assert share.value == share.low == 0
    assert 0.01 < share.high < 0.05


def test_a_model_that_is_constantly_off_changes_nothing_that_is_estimated() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 2, 60).astype(np.float64)
    chances, predicted = np.full(60, 0.1), rng.random(60)
    share = estimate_share(codes, chances, predicted, 0.4)
    off = estimate_share(codes, chances, predicted + 0.3, 0.7)
    assert (off.value, off.low, off.high) == pytest.approx((share.value, share.low, share.high))


@pytest.mark.parametrize("codes", [[], [1.0]])
def test_under_two_codes_have_no_interval(codes: list[float]) -> None:
    share = estimate_share(np.array(codes), np.ones(len(codes)))
    assert math.isnan(share.low)
    assert share.coded == len(codes)


def test_the_interval_of_a_contrast_is_newcombes() -> None:
    # Newcombe 1998, method 10, table II (a): 56/70 less 48/80, from Wilson's limits.
    first, second = Share(0.8, 0.6918, 0.8774, 70), Share(0.6, 0.4905, 0.7003, 80)
    contrast = estimate_contrast(first, second)
    assert (contrast.value, contrast.low, contrast.high) == pytest.approx(
        (0.2, 0.0524, 0.3339), abs=2e-4
    )


@pytest.mark.slow
@pytest.mark.parametrize("base", [0.03, 0.3])
def test_intervals_hold_and_are_narrower_with_a_biased_model(base: float) -> None:
    rng, held, values, ratios = np.random.default_rng(0), [], [], []
    for _ in range(400):
        truth = (rng.random(1500) < base).astype(float)
        model = np.clip(0.25 + 0.5 * truth + rng.normal(0, 0.15, 1500), 0, 1)  # far too high
        chances = inclusion_probabilities(model * (1 - model), 100)
        chosen = rng.permutation(draw_stretches(chances, [0] * 1500, rng))
        each = truth[chosen], chances[chosen]
        powered = estimate_share(*each, model[chosen], float(model.mean()))
        alone = estimate_share(*each)
        held.append(powered.low <= truth.mean() <= powered.high)
        values.append(powered.value - truth.mean())
        ratios.append((powered.high - powered.low) / (alone.high - alone.low))
    assert np.mean(held) > 0.92
    assert abs(np.mean(values)) < 0.006  # the model alone is off by 0.1 to 0.23
    assert np.mean(ratios) < 0.95
