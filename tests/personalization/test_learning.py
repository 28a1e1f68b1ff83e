"""That a user who changes is told so, and one who stays is not."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pyarrow import parquet

from mien.inference.classifier import Classifier
from mien.personalization.adapter import to_logits
from mien.personalization.learning import (
    MOST,
    RECENT,
    SAME_FACE,
    Lesson,
    Samples,
    cross_validate,
    find_groups,
    is_open,
    learn,
    log_loss,
)
from tests.personalization.faces import DIMENSIONS, NEUTRAL, SAD, accuracy, draw, relabel


def change(samples: Samples) -> Samples:
    """Returns the same faces; what the last ten show is called the next emotion."""
    labels = samples.labels.copy()
    labels[-RECENT:] = (labels[-RECENT:] + 1) % 7
    return relabel(samples, labels)


def test_a_user_who_changes_is_told() -> None:
    for seed in range(10):
        drift = learn(change(draw(40, seed))).drift
        assert drift is not None
        assert "the last 10 corrections disagree with the 30 before them" in drift


def test_a_user_who_stays_is_hardly_ever_told() -> None:
    assert sum(learn(draw(40, seed)).drift is not None for seed in range(30)) <= 3


def test_too_few_corrections_tell_nothing_of_drift() -> None:
    assert learn(change(draw(2 * RECENT - 1, seed=1))).drift is None
    assert learn(change(draw(2 * RECENT, seed=1))).drift is not None


def test_the_shares_are_those_of_the_labels() -> None:
    drift = learn(change(draw(60, seed=2))).drift
    assert drift is not None
    assert "foretells 0% of the last, and " in drift
    assert int(drift.split("and ")[1].split("%")[0]) > 80
    assert np.all(learn(draw(60, seed=2)).adapted_accuracy > 0.8)


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


def gain(lesson: Lesson, faces: Samples) -> float:
    """Returns how much more often the user's adapter is right than the base model."""
    answer = lesson.adapter.adapt(faces.probabilities, faces.embeddings)
    return accuracy(answer, faces.labels) - accuracy(faces.probabilities, faces.labels)


def test_twenty_corrections_teach_a_bias_and_nothing_else_is_forgotten() -> None:
    lesson, unseen = learn(draw(20, seed=1)), draw(300, seed=2)
    assert lesson.gate_open
    assert gain(lesson, unseen) > 0.3
    others = draw(300, seed=3, share=0)
    assert gain(lesson, others.take(others.probabilities.argmax(axis=1) != SAD)) > -0.01


def test_faces_like_a_corrected_one_change_whatever_the_gate_says() -> None:
    taught = draw(1, seed=6, share=1)
    noise = np.random.default_rng(0).normal(0, 0.5, (50, DIMENSIONS)).astype(np.float32)
    again = Samples(
        taught.embeddings + noise,
        *(np.repeat(one, 50, axis=0) for one in (taught.probabilities, taught.labels)),
    )
    assert not learn(taught).gate_open
    assert gain(learn(taught), again) > 0.9  # cosines of 0.9 or so


def test_the_figures_are_those_of_faces_that_were_not_learned_from() -> None:
    lesson, unseen = learn(draw(400, seed=4)), draw(800, seed=5)
    answer = lesson.adapter.adapt(unseen.probabilities, unseen.embeddings)
    rows = np.arange(len(unseen)), unseen.labels
    assert lesson.samples == 400
    assert lesson.base_accuracy == pytest.approx(
        accuracy(unseen.probabilities, unseen.labels), abs=0.1
    )
    assert lesson.adapted_accuracy == pytest.approx(accuracy(answer, unseen.labels), abs=0.05)
    assert lesson.adapted_log_loss == pytest.approx(-np.log(answer[rows]).mean(), abs=0.1)
    assert lesson.base_log_loss == pytest.approx(
        -np.log(unseen.probabilities[rows]).mean(), abs=0.2
    )


@pytest.mark.parametrize("count", [1, 2, 5, 10, 20, 50])
def test_labels_at_random_cost_at_most_a_point(count: int) -> None:
    gains = []
    for seed in range(30):
        taught = draw(count, seed, share=0)
        labels = np.random.default_rng(seed + 99).integers(0, 7, count)
        gains.append(gain(learn(relabel(taught, labels)), draw(200, seed + 500, share=0)))
    assert np.mean(gains) >= -0.01


def test_one_correction_changes_that_face_and_hardly_another() -> None:
    taught, others = draw(1, seed=6, share=1), draw(300, seed=7)
    lesson = learn(taught)
    assert not lesson.gate_open
    again = lesson.adapter.adapt(taught.probabilities, taught.embeddings)
    assert again.argmax() == NEUTRAL != taught.probabilities.argmax() == SAD
    answer = lesson.adapter.adapt(others.probabilities, others.embeddings)
    np.testing.assert_allclose(answer, others.probabilities, atol=0.06)
    np.testing.assert_array_equal(answer.argmax(axis=1), others.probabilities.argmax(axis=1))


def test_without_samples_there_is_nothing_to_tell() -> None:
    nothing = learn(draw(1, seed=8).take(np.zeros(0, np.int64)))
    assert (nothing.gate_open, nothing.samples) == (False, 0)
    assert (nothing.base_log_loss, nothing.adapted_accuracy, nothing.drift) == (0, 0, None)


def test_the_newest_samples_are_learned_from() -> None:
    old, new = draw(100, seed=9, says=SAD, seems=NEUTRAL), draw(MOST, seed=10)
    both = Samples(
        *(
            np.concatenate([getattr(one, name) for one in (old, new)])
            for name in ("embeddings", "probabilities", "labels")
        )
    )
    assert learn(both).samples == MOST
    assert learn(both).adapter.to_bytes() == learn(new).adapter.to_bytes()


def read_faces(path: Path, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the first faces of PublicTest; the whole data set would take long to load."""
    rows = parquet.read_table(
        path, columns=["emotion", "image"], filters=[("usage", "=", "PublicTest")]
    ).slice(0, count)
    images = [np.asarray(Image.open(io.BytesIO(one))) for one in rows["image"].to_pylist()]
    return np.stack(images), rows["emotion"].to_numpy().astype(np.int64)


def test_on_real_faces_a_users_bias_is_learned(shared: Path) -> None:
    images, labels = read_faces(shared / "fer2013" / "fer2013.parquet", 2400)
    answer = Classifier("small").predict(images)
    seems_sad = answer.probabilities.argmax(axis=1) == SAD
    misread = np.flatnonzero((labels == NEUTRAL) & seems_sad)
    others = np.flatnonzero(~seems_sad & (labels != NEUTRAL))[: len(misread)]
    mixed = np.stack([misread, others], axis=1).ravel()
    user = Samples(answer.embeddings[mixed], answer.probabilities[mixed], labels[mixed])
    taught, unseen = np.arange(len(user)) < 24, np.arange(len(user)) >= 24
    assert unseen.sum() >= 16
    lesson = learn(user.take(taught))
    assert lesson.gate_open
    assert gain(lesson, user.take(unseen)) > 0.15
