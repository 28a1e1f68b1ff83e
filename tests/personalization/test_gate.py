"""That the gate cannot be fooled: by copies, by chance, by a user who labels at random."""

import numpy as np
import pytest

from mien.personalization.copies import SAME_FACE, find_groups
from mien.personalization.gate import cross_validate, is_open, log_loss
from mien.personalization.head import to_logits
from mien.personalization.learn import learn
from mien.personalization.samples import Samples
from tests.personalization.faces import draw, relabel


def repeat(samples: Samples, times: int) -> Samples:
    return samples.take(np.tile(np.arange(len(samples)), times))


def test_what_is_held_out_is_never_learned_from() -> None:
    taught = draw(30, seed=1)
    shared = np.eye(30, dtype=np.float32)  # nothing is shared: only a leak could change an answer
    adapted = cross_validate(taught, shared, np.arange(30))
    np.testing.assert_allclose(adapted, to_logits(taught.probabilities), atol=1e-6)


def test_copies_of_the_held_out_face_are_held_out_too() -> None:
    taught = repeat(draw(6, seed=2), 4)
    groups = np.tile(np.arange(6), 4)
    shared = (groups == groups[:, None]).astype(np.float32)
    adapted = cross_validate(taught, shared, groups)
    np.testing.assert_allclose(adapted, to_logits(taught.probabilities), atol=1e-6)


def test_one_face_taught_many_times_does_not_open_the_gate() -> None:
    lesson = learn(repeat(draw(1, seed=3, share=1), 30))
    assert not lesson.gate_open
    assert lesson.adapted_log_loss == pytest.approx(lesson.base_log_loss, abs=1e-5)


def test_a_face_taught_many_times_has_one_vote() -> None:
    taught, groups = draw(12, seed=3), np.arange(12)
    adapted = to_logits(taught.probabilities) - 5 * np.eye(7)[taught.labels]
    adapted[0, taught.labels[0]] += 20  # right for one face, wrong for eleven
    again = np.concatenate([np.zeros(500, np.int64), groups])
    base = to_logits(taught.probabilities)
    assert not is_open(adapted, base, taught, groups)
    assert not is_open(adapted[again], base[again], taught.take(again), groups[again])


def test_the_gate_opens_for_a_bias_and_stays_shut_for_chance() -> None:
    biased = [learn(draw(20, seed)).gate_open for seed in range(20)]
    chance = [
        learn(
            relabel(draw(20, seed), np.random.default_rng(seed + 99).integers(0, 7, 20))
        ).gate_open
        for seed in range(20)
    ]
    assert sum(biased) >= 19
    assert sum(chance) <= 1


def test_knowing_that_nothing_is_known_does_not_open_the_gate() -> None:
    labels = np.tile(np.arange(7), 6)
    taught = relabel(draw(42, seed=4, share=0), labels)
    doubting = np.zeros((42, 7))
    assert (
        log_loss(doubting, labels).mean() < log_loss(to_logits(taught.probabilities), labels).mean()
    )
    base, groups = to_logits(taught.probabilities), np.arange(42)
    assert not is_open(doubting, base, taught, groups)
    assert is_open(5 * np.eye(7)[labels], base, taught, groups)


def test_what_likeness_explains_does_not_open_the_gate() -> None:
    taught, groups = draw(42, seed=4), np.arange(42)
    base, right = to_logits(taught.probabilities), 5 * np.eye(7)[taught.labels]
    assert is_open(right, base, taught, groups)
    assert not is_open(right, right, taught, groups)


def test_contradicting_corrections_leave_the_base_model() -> None:
    faces = draw(10, seed=5, share=0)
    both = Samples(
        np.repeat(faces.embeddings, 2, axis=0),
        np.repeat(faces.probabilities, 2, axis=0),
        np.stack([(faces.labels + 1) % 7, (faces.labels + 2) % 7], axis=1).ravel(),
    )
    lesson, unseen = learn(both), draw(200, seed=6, share=0)
    answer = lesson.adapter.adapt(unseen.probabilities, unseen.embeddings)
    assert not lesson.gate_open
    assert (answer.argmax(axis=1) == unseen.probabilities.argmax(axis=1)).mean() > 0.99


def test_groups_join_what_a_common_copy_joins() -> None:
    angles = np.array([0, 0.6, 1.2, 3.0, 3.4, 4.6])  # radians; cos 0.6 = 0.83, cos 1.2 = 0.36
    units = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert np.cos(1.2) < SAME_FACE < np.cos(0.6)
    np.testing.assert_array_equal(find_groups(units @ units.T), [0, 0, 0, 1, 1, 2])


def test_faces_without_an_embedding_are_no_copies_of_each_other() -> None:
    np.testing.assert_array_equal(find_groups(np.zeros((3, 3), np.float32)), [0, 1, 2])
