"""A model's distance from the taggers, beside that of half of them from the others."""

import numpy as np
import pytest

from mien.emotions import FERPLUS_CHOICES
from mien.evaluation.taggers import tagger_loss


def tagged(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Faces whose taggers draw from a known distribution, and that distribution."""
    rng = np.random.default_rng(seed)
    truth = rng.dirichlet(np.full(7, 0.5), count)
    votes = np.zeros((count, len(FERPLUS_CHOICES)), np.uint8)
    names = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
    for row, shares in zip(votes, truth, strict=True):
        row[[FERPLUS_CHOICES.index(name) for name in names]] = rng.multinomial(10, shares)
    return truth, votes


def test_who_knows_the_truth_is_nearer_than_half_of_the_taggers() -> None:
    truth, votes = tagged(500)
    found = tagger_loss(truth, votes)
    assert found is not None
    assert found.n == 500
    entropy = -(truth * np.log(np.maximum(truth, 1e-12))).sum(1).mean()
    assert found.model == pytest.approx(entropy, abs=0.05)
    assert found.model < found.taggers


def test_who_knows_nothing_is_as_far_as_chance() -> None:
    _, votes = tagged(300)
    found = tagger_loss(np.full((300, 7), 1 / 7), votes)
    assert found is not None
    assert found.model == pytest.approx(np.log(7))
    assert found.model > found.taggers


def test_votes_for_what_the_model_cannot_say_are_left_out() -> None:
    truth, votes = tagged(50)
    votes[:10] = 0
    votes[:10, FERPLUS_CHOICES.index("contempt")] = 10
    found = tagger_loss(truth, votes)
    assert found is not None
    assert found.n == 40


def test_unanimous_votes_are_of_no_ten_taggers() -> None:
    votes = np.zeros((20, len(FERPLUS_CHOICES)), np.uint8)
    votes[:, 0] = 10
    assert tagger_loss(np.full((20, 7), 1 / 7), votes) is None
