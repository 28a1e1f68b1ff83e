"""Learning from corrections: what an adapter wins, what it costs, and its figures."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pyarrow import parquet

from mien.inference.classifier import Classifier
from mien.personalization.adapter import Adapter, softmax
from mien.personalization.learning import MAX_SAMPLES, Figures, learn
from mien.personalization.samples import Samples
from tests.personalization.faces import (
    DIMENSIONS,
    NEUTRAL,
    SAD,
    accuracy,
    draw_samples,
    relabel,
)

pytestmark = pytest.mark.slow


def gain(adapter: Adapter, faces: Samples) -> float:
    """Returns how much more often an adapter is right than the model."""
    rows = adapter.adapt(faces.probabilities, faces.embeddings)
    return accuracy(rows, faces.labels) - accuracy(faces.probabilities, faces.labels)


def test_twenty_corrections_teach_a_bias_and_other_faces_keep_their_labels() -> None:
    result, unseen = learn(draw_samples(20, seed=1)), draw_samples(300, seed=2)
    assert result.figures.generalizes
    assert gain(result.adapter, unseen) > 0.3
    others = draw_samples(300, seed=3, share=0)
    not_sad = others.take(others.probabilities.argmax(axis=1) != SAD)
    assert gain(result.adapter, not_sad) > -0.01


def test_similar_faces_change_also_without_generalization() -> None:
    taught = draw_samples(1, seed=6, share=1)
    noise = np.random.default_rng(0).normal(0, 0.5, (50, DIMENSIONS)).astype(np.float32)
    similar = Samples(
        taught.embeddings + noise,  # cosines of about 0.9
        np.repeat(taught.probabilities, 50, axis=0),
        np.repeat(taught.labels, 50, axis=0),
    )
    result = learn(taught)
    assert not result.figures.generalizes
    assert gain(result.adapter, similar) > 0.9


def test_one_correction_changes_that_face_and_hardly_another() -> None:
    taught, others = draw_samples(1, seed=6, share=1), draw_samples(300, seed=7)
    result = learn(taught)
    assert not result.figures.generalizes
    again = result.adapter.adapt(taught.probabilities, taught.embeddings)
    assert again.argmax() == NEUTRAL != taught.probabilities.argmax() == SAD
    rows = result.adapter.adapt(others.probabilities, others.embeddings)
    np.testing.assert_allclose(rows, others.probabilities, atol=0.06)
    np.testing.assert_array_equal(rows.argmax(axis=1), others.probabilities.argmax(axis=1))


@pytest.mark.parametrize("count", [1, 2, 5, 10, 20, 50])
def test_labels_at_random_cost_at_most_a_point(count: int) -> None:
    gains = []
    for seed in range(30):
        taught = draw_samples(count, seed, share=0)
        labels = np.random.default_rng(seed + 99).integers(0, 7, count)
        adapter = learn(relabel(taught, labels)).adapter
        gains.append(gain(adapter, draw_samples(200, seed + 500, share=0)))
    assert np.mean(gains) >= -0.01


def test_the_figures_are_those_of_faces_that_were_not_learned_from() -> None:
    result, unseen = learn(draw_samples(400, seed=4)), draw_samples(800, seed=5)
    figures = result.figures
    rows = result.adapter.adapt(unseen.probabilities, unseen.embeddings)
    chosen = np.arange(len(unseen)), unseen.labels
    assert figures.samples == 400
    assert figures.base_accuracy == pytest.approx(
        accuracy(unseen.probabilities, unseen.labels), abs=0.1
    )
    assert figures.adapted_accuracy == pytest.approx(accuracy(rows, unseen.labels), abs=0.05)
    assert figures.adapted_log_loss == pytest.approx(-np.log(rows[chosen]).mean(), abs=0.1)
    assert figures.base_log_loss == pytest.approx(
        -np.log(unseen.probabilities[chosen]).mean(), abs=0.2
    )


def test_the_figures_of_no_samples_are_zero() -> None:
    figures = learn(draw_samples(1, seed=8).take(np.zeros(0, np.int64))).figures
    assert (figures.generalizes, figures.samples) == (False, 0)
    assert (figures.base_log_loss, figures.adapted_accuracy, figures.drift) == (0, 0, None)


def test_stored_figures_come_back_under_the_name_of_version_0_1() -> None:
    figures = learn(draw_samples(20, seed=1)).figures
    assert '"gate_open": true' in figures.to_json()
    assert Figures.from_json(figures.to_json()) == figures


def test_the_newest_samples_are_learned_from() -> None:
    old = draw_samples(100, seed=9, label=SAD, predicted=NEUTRAL)
    new = draw_samples(MAX_SAMPLES, seed=10)
    both = Samples(
        np.concatenate([old.embeddings, new.embeddings]),
        np.concatenate([old.probabilities, new.probabilities]),
        np.concatenate([old.labels, new.labels]),
    )
    assert learn(both).figures.samples == MAX_SAMPLES
    assert learn(both).adapter.to_bytes() == learn(new).adapter.to_bytes()


@pytest.mark.parametrize("count", [2, 8])
def test_a_bias_is_learned_with_any_number_of_labels(count: int) -> None:
    rng = np.random.default_rng(count)

    def draw(size: int) -> Samples:
        """Faces of whom the user labels as 1 all that the model predicts to be 0."""
        predicted = rng.integers(0, count, size)
        logits = 2.5 * np.eye(count)[predicted] + rng.normal(0, 0.4, (size, count))
        embeddings = rng.normal(0, 1, (size, DIMENSIONS)).astype(np.float32)
        labels = np.where(predicted == 0, 1, predicted)
        return Samples(embeddings, softmax(logits).astype(np.float32), labels)

    result, unseen = learn(draw(60)), draw(200)
    assert result.adapter.coefficients.shape == (60, count)
    assert gain(result.adapter, unseen) > 0.8 / count


def read_faces(path: Path, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the first faces of PublicTest; the whole data set would take long to load."""
    rows = parquet.read_table(
        path, columns=["emotion", "image"], filters=[("usage", "=", "PublicTest")]
    ).slice(0, count)
    images = [np.asarray(Image.open(io.BytesIO(content))) for content in rows["image"].to_pylist()]
    return np.stack(images), rows["emotion"].to_numpy().astype(np.int64)


def test_on_real_faces_a_users_bias_is_learned(shared: Path) -> None:
    images, labels = read_faces(shared / "fer2013" / "fer2013.parquet", 2400)
    prediction = Classifier("small").predict(images)
    predicted_sad = prediction.probabilities.argmax(axis=1) == SAD
    misread = np.flatnonzero((labels == NEUTRAL) & predicted_sad)
    others = np.flatnonzero(~predicted_sad & (labels != NEUTRAL))[: len(misread)]
    mixed = np.stack([misread, others], axis=1).ravel()
    user = Samples(prediction.embeddings[mixed], prediction.probabilities[mixed], labels[mixed])
    taught, unseen = np.arange(len(user)) < 24, np.arange(len(user)) >= 24
    assert unseen.sum() >= 16
    result = learn(user.take(taught))
    assert result.figures.generalizes
    assert gain(result.adapter, user.take(unseen)) > 0.15
