"""Coefficients of agreement against published worked examples and other programs."""

from collections.abc import Callable, Sequence

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import cohen_kappa_score

from mien.study.agreement.coefficients import (
    cohen_kappa,
    event_kappa,
    gwet_ac1,
    intraclass,
    intraclass_of,
    krippendorff_alpha,
    pair_votes,
    percent_agreement,
    sum_scores,
)

# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section C: twelve units by
# observers A to D, 0 where one did not rate. Gwet (2014), Handbook of Inter-Rater Reliability, has
# the same data; irrCAC ships them as `cac.raw4raters`.
OBSERVERS = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ]
)
# irrCAC's `cont3x3abstractors`: two abstractors of 100 pregnancies (Gwet 2014).
ABSTRACTORS = np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]])
# Shrout and Fleiss (1979), "Intraclass correlations", table 2: six targets, four judges.
JUDGES = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]

confusions = st.integers(2, 5).flatmap(
    lambda k: arrays.arrays(np.int64, (k, k), elements=st.integers(0, 30))
)
ratings = arrays.arrays(  # raters by units, -1 for missing
    np.int64, st.tuples(st.integers(2, 4), st.integers(2, 12)), elements=st.integers(-1, 3)
)


def to_votes(ratings: np.ndarray, labels: Sequence[int]) -> np.ndarray:
    return np.stack([(ratings == label).sum(axis=0) for label in labels], axis=1)


def spread(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The two raters' labels, unit by unit."""
    rows, columns = np.indices(confusion.shape)
    counts = confusion.ravel()
    return np.repeat(rows.ravel(), counts), np.repeat(columns.ravel(), counts)


def of_pair(coefficient: Callable[..., float]) -> Callable[[np.ndarray], float]:
    return lambda confusion: coefficient(pair_votes(len(confusion)), confusion.ravel())


PAIRWISE = [
    cohen_kappa,
    of_pair(gwet_ac1),
    of_pair(krippendorff_alpha),
    of_pair(percent_agreement),
]
CORRECTED = PAIRWISE[:3]


def test_alpha_of_krippendorffs_own_example() -> None:
    votes = to_votes(OBSERVERS, range(1, 6))
    assert krippendorff_alpha(votes) == pytest.approx(0.743, abs=5e-4)


def test_ac1_of_four_raters_as_irrcac_documents_it() -> None:
    votes = to_votes(OBSERVERS, range(1, 6))
    assert gwet_ac1(votes) == pytest.approx(0.77544, abs=5e-6)
    assert percent_agreement(votes) == pytest.approx(0.8181818)


def test_two_abstractors_as_irrcac_documents_them() -> None:
    assert cohen_kappa(ABSTRACTORS) == pytest.approx(0.7964094, abs=5e-8)
    assert of_pair(gwet_ac1)(ABSTRACTORS) == pytest.approx(0.8493305, abs=5e-8)
    assert of_pair(percent_agreement)(ABSTRACTORS) == pytest.approx(0.89)


def test_kappa_of_the_textbook_diagnoses() -> None:
    """Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, table 18.1."""
    assert cohen_kappa([[75, 1, 4], [5, 4, 1], [0, 0, 10]]) == pytest.approx(0.68, abs=5e-3)


def test_iccs_of_shrout_and_fleiss() -> None:
    absolute, consistent = intraclass(JUDGES)
    assert absolute == pytest.approx(0.29, abs=5e-3)
    assert consistent == pytest.approx(0.71, abs=5e-3)


def test_iccs_of_two_raters_who_differ_by_a_constant() -> None:
    """Consistent, and yet not in agreement."""
    scores = np.arange(10.0)
    absolute, consistent = intraclass(np.column_stack([scores, scores + 5]))
    assert consistent == pytest.approx(1)
    assert absolute < 0.6


@given(confusions)
def test_kappa_is_that_of_scikit_learn(confusion: np.ndarray) -> None:
    used = confusion.sum(axis=0) + confusion.sum(axis=1)
    assume(np.count_nonzero(used) > 1)
    first, second = spread(confusion)
    assert cohen_kappa(confusion) == pytest.approx(cohen_kappa_score(first, second))


@given(ratings)
def test_alpha_is_that_of_the_package_krippendorff(ratings: np.ndarray) -> None:
    pairable = ratings[:, (ratings >= 0).sum(axis=0) > 1]
    assume(len(set(pairable[pairable >= 0].tolist())) > 1)
    values = np.where(ratings < 0, np.nan, ratings).astype(float)
    oracle = krippendorff.alpha(values, level_of_measurement="nominal")
    assert krippendorff_alpha(to_votes(ratings, range(4))) == pytest.approx(oracle, abs=1e-9)


@given(ratings, st.permutations(range(4)), st.randoms())
def test_renamed_labels_and_other_raters_first_change_nothing(ratings, names, random) -> None:
    order = list(range(len(ratings)))
    random.shuffle(order)
    renamed = np.where(ratings < 0, -1, np.array(names)[ratings])[order]
    for coefficient in (gwet_ac1, krippendorff_alpha, percent_agreement):
        one, other = (coefficient(to_votes(it, range(4))) for it in (ratings, renamed))
        assert one == pytest.approx(other, nan_ok=True)


@given(confusions, st.randoms())
def test_a_pair_can_be_swapped_and_its_labels_renamed(confusion: np.ndarray, random) -> None:
    order = list(range(len(confusion)))
    random.shuffle(order)
    for coefficient in PAIRWISE:
        expected = pytest.approx(coefficient(confusion), nan_ok=True)
        assert coefficient(confusion.T) == expected
        assert coefficient(confusion[np.ix_(order, order)]) == expected


@given(confusions)
def test_no_coefficient_is_above_one(confusion: np.ndarray) -> None:
    assert all(not coefficient(confusion) > 1 + 1e-9 for coefficient in PAIRWISE)


@given(st.lists(st.integers(1, 50), min_size=2, max_size=5))
def test_perfect_agreement_is_one(counts: list[int]) -> None:
    assert [it(np.diag(counts)) for it in PAIRWISE] == pytest.approx([1] * 4)


@given(st.lists(st.integers(1, 6), min_size=2, max_size=4))
def test_independent_raters_have_a_kappa_of_zero(margin: list[int]) -> None:
    assert cohen_kappa(np.outer(margin, margin)) == pytest.approx(0, abs=1e-9)


def test_raters_at_random_agree_no_more_than_chance() -> None:
    first, second = np.random.default_rng(0).integers(0, 4, (2, 20_000))
    confusion = np.zeros((4, 4), np.int64)
    np.add.at(confusion, (first, second), 1)
    assert [it(confusion) for it in CORRECTED] == pytest.approx([0] * 3, abs=0.02)


def test_one_label_alone_is_undefined_beyond_chance() -> None:
    assert np.isnan([it(np.diag([50, 0, 0])) for it in CORRECTED]).all()
    assert of_pair(percent_agreement)(np.diag([50, 0, 0])) == 1


def test_nothing_rated_is_undefined() -> None:
    assert np.isnan([it(np.zeros((3, 3), np.int64)) for it in PAIRWISE]).all()
    assert np.isnan(percent_agreement([[1, 0], [0, 1]]))  # no unit has two ratings
    assert np.isnan(event_kappa(np.zeros((3, 3))))


def test_scores_without_variance_are_undefined() -> None:
    assert np.isnan(intraclass(np.full((8, 2), 0.3))).all()
    assert np.isnan(intraclass(np.array([[0.1, 0.2]]))).all()
    assert np.isnan(intraclass(np.empty((0, 2)))).all()


@given(
    st.lists(
        arrays.arrays(
            np.float64, st.tuples(st.integers(1, 5), st.just(3)), elements=st.floats(0, 1)
        ),
        min_size=2,
        max_size=4,
    )
)
def test_sums_of_parts_are_the_sums_of_the_whole(parts: list[np.ndarray]) -> None:
    whole = np.concatenate(parts)
    assume(whole.var(axis=0).sum() > 1e-3)
    assert intraclass_of(sum(map(sum_scores, parts))) == pytest.approx(intraclass(whole), abs=1e-6)


@given(
    arrays.arrays(np.int64, st.tuples(st.integers(2, 8), st.just(3)), elements=st.integers(0, 9))
)
def test_weights_are_repeats(votes: np.ndarray) -> None:
    weights = np.arange(len(votes))
    for coefficient in (gwet_ac1, krippendorff_alpha, percent_agreement):
        repeated = coefficient(np.repeat(votes, weights, axis=0))
        assert coefficient(votes, weights) == pytest.approx(repeated, nan_ok=True)


def fit_chance(observed: np.ndarray) -> float:
    """Chance agreement by iterative proportional fitting, as EasyDIAg finds it."""
    expected = np.ones(observed.shape)
    expected[-1, -1] = 0
    for _ in range(300):
        expected *= (observed.sum(axis=1) / expected.sum(axis=1))[:, None]
        expected *= observed.sum(axis=0) / expected.sum(axis=0)
    return float(np.trace(expected) / observed.sum())


@settings(max_examples=15)
@given(arrays.arrays(np.int64, (4, 4), elements=st.integers(1, 30)))
def test_kappa_of_events_is_fitted_to_the_margins(confusion: np.ndarray) -> None:
    confusion[-1, -1] = 0
    by_chance = fit_chance(confusion)
    observed = np.trace(confusion) / confusion.sum()
    expected = (observed - by_chance) / (1 - by_chance)
    assert event_kappa(confusion) == pytest.approx(expected, abs=1e-6)


def test_kappa_of_events_that_nobody_else_found_is_zero() -> None:
    assert event_kappa([[0, 0, 4], [0, 0, 1], [2, 3, 0]]) == 0
    assert event_kappa(np.diag([4, 3, 0])) == 1
    assert np.isnan(event_kappa(np.diag([4, 0, 0])))
