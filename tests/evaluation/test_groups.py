"""Figures over people, by brightness, and against taggers."""

import numpy as np
import pytest

from mien.emotions import FERPLUS_CHOICES
from mien.evaluation.light import light_thirds
from mien.evaluation.metrics import wilson_interval
from mien.evaluation.people import accuracy_over_people
from mien.evaluation.taggers import tagger_loss


def test_people_of_one_face_give_wilson_s_interval_nearly() -> None:
    right = np.arange(400) % 4 > 0
    people = np.array([f"person {number}" for number in range(400)])
    found = accuracy_over_people(right, people)
    assert found.people == 400
    assert found.accuracy == 0.75
    assert found.accuracy_interval == pytest.approx(wilson_interval(300, 400), abs=0.01)


def test_faces_of_few_people_give_a_wide_interval() -> None:
    right = np.repeat([True, False, True, True], 100)
    found = accuracy_over_people(right, np.repeat(["a", "b", "c", "d"], 100))
    low, high = found.accuracy_interval
    assert high - low > 0.5


def test_a_face_whose_person_is_not_known_is_one_of_its_own() -> None:
    right = np.arange(300) % 2 == 0
    unknown = accuracy_over_people(right, np.array([""] * 300))
    assert unknown.people == 300


def test_thirds_by_brightness_tell_the_gap() -> None:
    brightness = np.arange(90).repeat(1)
    images = np.repeat(brightness, 16).reshape(90, 4, 4).astype(np.uint8)
    right = brightness >= 30  # the darkest third is always wrong
    found = light_thirds(images, right, np.zeros(90, np.int64))
    assert found is not None
    assert [third.accuracy for third in found.thirds] == [0, 1, 1]
    assert [third.up_to for third in found.thirds] == [29, 59, 89]
    assert found.gap == 1


def test_of_few_faces_no_thirds_are_told() -> None:
    few = np.zeros((29, 4, 4), np.uint8)
    assert light_thirds(few, np.ones(29, bool), np.zeros(29, np.int64)) is None


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
