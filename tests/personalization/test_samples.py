"""Samples are validated; duplicates, contradictions and copies among corrections are found."""

from dataclasses import replace

import numpy as np
import pytest

from mien.errors import ProfileError
from mien.personalization.samples import COPY_COSINE, Samples, group_copies
from tests.personalization.people import make_correction


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"labels": np.array([7, 0])}, "labels"),
        ({"labels": np.array([-1, 0])}, "labels"),
        ({"probabilities": np.ones((2, 6), np.float32)}, "labels must lie between 0 and 5"),
        ({"probabilities": np.ones((3, 7), np.float32)}, "probabilities"),
        ({"probabilities": np.full((2, 7), np.nan, np.float32)}, "finite"),
        ({"embeddings": np.ones((3, 4), np.float32)}, "embeddings"),
    ],
)
def test_samples_that_do_not_fit_together_are_refused(
    change: dict[str, np.ndarray], field: str
) -> None:
    good = {
        "embeddings": np.ones((2, 4), np.float32),
        "probabilities": np.full((2, 7), 1 / 7, np.float32),
        "labels": np.array([0, 6]),
    }
    assert len(Samples(**good)) == 2
    with pytest.raises(ProfileError, match=field):
        Samples(**(good | change))


def test_corrections_become_samples_by_the_index_of_their_label() -> None:
    labels = ("neutral", "happy", "angry", "disgust", "fear", "sad", "surprise")
    corrections = [
        replace(make_correction(seed, label), labels=labels)
        for seed, label in enumerate(("happy", "neutral", "surprise"))
    ]
    np.testing.assert_array_equal(Samples.of(corrections).labels, [1, 0, 6])


def test_corrections_of_models_with_other_labels_are_refused() -> None:
    first = make_correction(1)
    second = replace(make_correction(2), labels=first.labels[::-1])
    with pytest.raises(ProfileError, match="models with different labels"):
        Samples.of([first, second])


def test_a_group_of_copies_joins_faces_with_a_common_copy() -> None:
    angles = np.array([0, 0.6, 1.2, 3.0, 3.4, 4.6])  # radians; cos 0.6 = 0.83, cos 1.2 = 0.36
    embeddings = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert np.cos(1.2) < COPY_COSINE < np.cos(0.6)
    np.testing.assert_array_equal(group_copies(embeddings @ embeddings.T), [0, 0, 0, 1, 1, 2])


def test_embeddings_of_zeros_are_no_copies_of_each_other() -> None:
    np.testing.assert_array_equal(group_copies(np.zeros((3, 3), np.float32)), [0, 1, 2])
