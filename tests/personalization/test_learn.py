"""What a user gains, and what a bad one cannot break."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pyarrow import parquet

from mien.inference.classifier import Classifier
from mien.personalization.learn import MOST, Lesson, learn
from mien.personalization.samples import Samples
from tests.personalization.faces import DIMENSIONS, NEUTRAL, SAD, accuracy, draw, relabel


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
