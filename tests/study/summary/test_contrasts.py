import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mien.emotions import EMOTIONS, UNSURE
from mien.errors import StudyError
from mien.study.summary.cells import split_cells
from mien.study.summary.contrasts import (
    adjust_holm,
    compare_conditions,
    flip_signs,
    order_pairs,
)
from mien.study.summary.figures import compute_figures
from tests.study.summary.studies import HAPPY, observations_of, study

CODES = (*EMOTIONS, UNSURE)
DARWIN = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48.0])
"""Crossed less self-fertilized maize, in eighths of an inch (Fisher 1935, section 17)."""


def figures_of(recordings: list) -> dict:
    cells = split_cells(observations_of(*recordings), ["person", "condition"])
    return {key: compute_figures(pieces) for key, pieces in cells.items()}


def test_flips_of_darwin_s_maize_are_those_that_fisher_counted() -> None:
    """863 of 2**15 flips have a sum of 314 or more, so two-sided 1,726 (section 21)."""
    assert flip_signs(DARWIN) == pytest.approx(1726 / 2**15, abs=0.006)


@given(st.lists(st.integers(-20, 20), min_size=2, max_size=8))
def test_all_flips_are_scipy_s_permutation_test(differences: list[int]) -> None:
    values = np.array(differences, float)

    expected = stats.permutation_test(
        (values,),
        lambda it, axis: np.abs(it.mean(axis=axis)),
        permutation_type="samples",
        alternative="greater",
        n_resamples=np.inf,
        vectorized=True,
    )

    assert flip_signs(values) == pytest.approx(expected.pvalue)


def test_random_flips_are_the_same_again() -> None:
    assert flip_signs(DARWIN) == flip_signs(DARWIN)
    assert flip_signs(DARWIN) != flip_signs(DARWIN, seed=1)


def test_no_difference_has_p_1() -> None:
    assert flip_signs(np.zeros(5)) == 1
    assert flip_signs(np.zeros(20)) == 1


def test_holm_by_hand() -> None:
    """Steps of the sorted 0.01, 0.02, 0.03, 0.04: 0.04, 0.06, 0.06, 0.04, never falling."""
    adjusted = adjust_holm(np.array([0.04, 0.01, 0.03, 0.02]))

    assert adjusted == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert adjust_holm(np.array([0.6, 0.7])) == pytest.approx([1, 1])
    assert adjust_holm(np.empty(0)).size == 0


def test_a_contrast_is_the_paired_test_s() -> None:
    figures = figures_of(study(8))
    differences = [
        figures[f"P{at}", "joy"].mean[HAPPY] - figures[f"P{at}", "control"].mean[HAPPY]
        for at in range(8)
    ]

    found = {
        (it.measure, it.label): it
        for it in compare_conditions(figures, [("control", "joy")], CODES)
    }

    happy = found["mean", "happy"]
    t = stats.ttest_1samp(differences, 0)
    assert happy.difference == pytest.approx(np.mean(differences))
    assert happy.dz == pytest.approx(t.statistic / np.sqrt(8))
    assert happy.low < happy.difference < happy.high
    assert happy.low == pytest.approx(t.confidence_interval()[0], abs=0.03)
    assert (happy.people, happy.left_out, happy.poor) == (8, 0, 0)
    assert happy.p == 2 / 2**8
    assert found["valence", ""].difference == pytest.approx(happy.difference, abs=1e-6)


def test_equal_differences_have_no_effect_size() -> None:
    found = compare_conditions(figures_of(study(3)), [("control", "joy")], CODES)

    sad = next(it for it in found if it.label == "sad")
    assert sad.difference == 0
    assert np.isnan(sad.dz)
    assert sad.p == 1


def test_who_lacks_a_condition_is_left_out_and_counted() -> None:
    figures = figures_of(study(5)[:-1])

    found = compare_conditions(figures, [("control", "joy")], CODES)

    assert {(it.people, it.left_out) for it in found} == {(4, 1)}


def test_under_two_people_make_no_contrast() -> None:
    assert compare_conditions(figures_of(study(1)), [("control", "joy")], CODES) == []


def test_pairs_of_conditions() -> None:
    assert order_pairs(["a", "b", "c"]) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert order_pairs(["a", "b", "c"], [("c", "a")]) == [("c", "a")]
    assert order_pairs([]) == []


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (("a", "x"), "nobody has the condition 'x'; the conditions are a, b"),
        (("a", "a"), "'a' is compared with itself"),
    ],
)
def test_pairs_that_cannot_be(pair: tuple[str, str], message: str) -> None:
    with pytest.raises(StudyError, match=message):
        order_pairs(["a", "b"], [pair])
