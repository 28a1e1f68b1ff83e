"""Cross-validation leaves out what it must; it decides on generalization, and warns of drift."""

import numpy as np
import pytest

from mien.personalization.adapter import to_logits
from mien.personalization.learning import learn
from mien.personalization.samples import Samples
from mien.personalization.validation import RECENT, cross_validate, log_loss, should_generalize
from tests.personalization.faces import draw_samples, relabel

# ---- Cross-validation


def repeat(samples: Samples, times: int) -> Samples:
    return samples.take(np.tile(np.arange(len(samples)), times))


def test_a_face_left_out_is_not_learned_from() -> None:
    taught = draw_samples(30, seed=1)
    covariance = np.eye(30, dtype=np.float32)  # only a leak could change a prediction
    adapted = cross_validate(taught, covariance, np.arange(30))
    np.testing.assert_allclose(adapted, to_logits(taught.probabilities), atol=1e-6)


def test_copies_of_the_face_left_out_are_not_learned_from() -> None:
    taught = repeat(draw_samples(6, seed=2), 4)
    groups = np.tile(np.arange(6), 4)
    covariance = (groups == groups[:, None]).astype(np.float32)
    adapted = cross_validate(taught, covariance, groups)
    np.testing.assert_allclose(adapted, to_logits(taught.probabilities), atol=1e-6)


# ---- Generalization


def test_one_face_taught_many_times_does_not_generalize() -> None:
    figures = learn(repeat(draw_samples(1, seed=3, share=1), 30)).figures
    assert not figures.generalizes
    assert figures.adapted_log_loss == pytest.approx(figures.base_log_loss, abs=1e-5)


def test_a_face_taught_many_times_has_one_vote() -> None:
    taught, groups = draw_samples(12, seed=3), np.arange(12)
    adapted = to_logits(taught.probabilities) - 5 * np.eye(7)[taught.labels]
    adapted[0, taught.labels[0]] += 20  # right for one face, wrong for eleven
    again = np.concatenate([np.zeros(500, np.int64), groups])
    base = to_logits(taught.probabilities)
    assert not should_generalize(adapted, base, taught, groups)
    assert not should_generalize(adapted[again], base[again], taught.take(again), groups[again])


def test_a_bias_generalizes_and_labels_at_random_do_not() -> None:
    biased = [learn(draw_samples(20, seed)).figures.generalizes for seed in range(20)]
    at_random = [
        learn(
            relabel(draw_samples(20, seed), np.random.default_rng(seed + 99).integers(0, 7, 20))
        ).figures.generalizes
        for seed in range(20)
    ]
    assert sum(biased) >= 19
    assert sum(at_random) <= 1


def test_equal_probabilities_for_all_labels_do_not_generalize() -> None:
    labels = np.tile(np.arange(7), 6)
    taught = relabel(draw_samples(42, seed=4, share=0), labels)
    doubting, base = np.zeros((42, 7)), to_logits(taught.probabilities)
    assert log_loss(doubting, labels).mean() < log_loss(base, labels).mean()
    groups = np.arange(42)
    assert not should_generalize(doubting, base, taught, groups)
    assert should_generalize(5 * np.eye(7)[labels], base, taught, groups)


def test_labels_explained_by_similar_faces_do_not_generalize() -> None:
    taught, groups = draw_samples(42, seed=4), np.arange(42)
    base, right = to_logits(taught.probabilities), 5 * np.eye(7)[taught.labels]
    assert should_generalize(right, base, taught, groups)
    assert not should_generalize(right, right, taught, groups)


def test_contradicting_corrections_do_not_generalize() -> None:
    faces = draw_samples(10, seed=5, share=0)
    both = Samples(
        np.repeat(faces.embeddings, 2, axis=0),
        np.repeat(faces.probabilities, 2, axis=0),
        np.stack([(faces.labels + 1) % 7, (faces.labels + 2) % 7], axis=1).ravel(),
    )
    result, unseen = learn(both), draw_samples(200, seed=6, share=0)
    rows = result.adapter.adapt(unseen.probabilities, unseen.embeddings)
    assert not result.figures.generalizes
    assert (rows.argmax(axis=1) == unseen.probabilities.argmax(axis=1)).mean() > 0.99


# ---- Drift


def change_recent(samples: Samples) -> Samples:
    """Returns the same faces; the labels of the last ten are the next ones."""
    labels = samples.labels.copy()
    labels[-RECENT:] = (labels[-RECENT:] + 1) % 7
    return relabel(samples, labels)


def test_a_user_who_changes_is_warned_of_drift() -> None:
    for seed in range(10):
        drift = learn(change_recent(draw_samples(40, seed))).figures.drift
        assert drift is not None
        assert "the last 10 corrections disagree with the 30 before them" in drift


def test_a_user_who_stays_is_hardly_ever_warned_of_drift() -> None:
    warned = [learn(draw_samples(40, seed)).figures.drift is not None for seed in range(30)]
    assert sum(warned) <= 3


def test_there_is_no_drift_with_too_few_corrections() -> None:
    few, enough = (draw_samples(2 * RECENT - missing, seed=1) for missing in (1, 0))
    assert learn(change_recent(few)).figures.drift is None
    assert learn(change_recent(enough)).figures.drift is not None


def test_the_warning_of_drift_says_how_many_are_predicted() -> None:
    drift = learn(change_recent(draw_samples(60, seed=2))).figures.drift
    assert drift is not None
    assert "predict 0% of the last and " in drift
    assert int(drift.split("last and ")[1].split("%")[0]) > 80
    assert np.all(learn(draw_samples(60, seed=2)).figures.adapted_accuracy > 0.8)
