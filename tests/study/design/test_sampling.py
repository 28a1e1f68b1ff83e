"""Every stretch has a known chance to be chosen, and is chosen that often."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import StudyError
from mien.study.design import draw_stretches, inclusion_probabilities


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=60),
    st.floats(0.05, 1),
    st.data(),
)
def test_chances_are_positive_and_sum_to_the_budget(
    scores: list[float], uniform: float, data: st.DataObject
) -> None:
    budget = data.draw(st.integers(1, len(scores)))
    chances = inclusion_probabilities(np.array(scores), budget, uniform)
    assert (chances > 0).all()
    assert (chances <= 1).all()
    assert chances.sum() == pytest.approx(budget)


def test_a_stretch_that_tells_more_is_chosen_more_often() -> None:
    chances = inclusion_probabilities(np.array([0.0, 1.0, 2.0, 3.0]), 1)
    assert (np.diff(chances) > 0).all()


@given(st.lists(st.floats(0, 5), min_size=2, max_size=40), st.data(), st.integers(0, 2**32))
def test_as_many_are_drawn_as_the_budget_says(
    scores: list[float], data: st.DataObject, seed: int
) -> None:
    budget = data.draw(st.integers(1, len(scores)))
    chances = inclusion_probabilities(np.array(scores), budget)
    strata = [place % 3 for place in range(len(scores))]
    drawn = draw_stretches(chances, strata, np.random.default_rng(seed))
    assert len(set(drawn.tolist())) == budget


def test_stretches_are_drawn_as_often_as_their_chances_say() -> None:
    chances = inclusion_probabilities(np.arange(10.0), 4)
    rng, counts = np.random.default_rng(0), np.zeros(10)
    for _ in range(3000):
        counts[draw_stretches(chances, list("aaabbbbccc"), rng)] += 1
    # Five standard errors of a share in 3,000 draws are under 0.046.
    assert counts / 3000 == pytest.approx(chances, abs=0.046)


def test_each_stratum_gets_its_part() -> None:
    chances = inclusion_probabilities(np.ones(60), 12)
    strata = ["rest"] * 20 + ["task"] * 40
    for seed in range(20):
        drawn = draw_stretches(chances, strata, np.random.default_rng(seed))
        assert (drawn < 20).sum() == 4


@pytest.mark.parametrize("budget", [0, 4])
def test_a_budget_that_cannot_be_spent_is_refused(budget: int) -> None:
    with pytest.raises(StudyError, match="choose from 1 to 3 stretches"):
        inclusion_probabilities(np.ones(3), budget)
