"""Whitened embeddings: no direction counts for more than another, and none is blown up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from mien.training.whitening import fit_whitening


def correlated(count: int, width: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mixed = rng.normal(size=(count, width)) @ rng.normal(size=(width, width)) + 3
    return mixed.astype(np.float32)


def test_cosines_are_nearly_those_of_scikit_learns_whitening() -> None:
    embeddings = correlated(2000, 8)
    ours = fit_whitening(embeddings).apply(embeddings)
    theirs = PCA(whiten=True).fit_transform(embeddings)
    near = np.corrcoef((ours @ ours.T).ravel(), (theirs @ theirs.T).ravel())[0, 1]
    assert near > 0.9  # the ridge makes the difference


def test_the_mean_is_nowhere_and_no_direction_counts_for_more() -> None:
    embeddings = correlated(2000, 8)
    white = fit_whitening(embeddings).apply(embeddings)
    before, after = (np.linalg.eigvalsh(np.cov(one.T)) for one in (embeddings, white))
    np.testing.assert_allclose(white.mean(axis=0), 0, atol=1e-3)
    assert after.max() <= 1.001
    assert after.max() / after.min() < before.max() / before.min() / 5


@given(count=st.integers(1, 20), dead=st.integers(0, 6))
def test_few_faces_and_dead_features_make_no_number_infinite(count: int, dead: int) -> None:
    embeddings = correlated(count, 6)
    embeddings[:, :dead] = 0
    whitening = fit_whitening(embeddings)
    unseen = correlated(5, 6, seed=1)
    assert np.isfinite(whitening.apply(unseen)).all()


def test_the_map_is_symmetric_so_the_same_whatever_way_directions_point() -> None:
    matrix = fit_whitening(correlated(50, 6)).matrix
    assert matrix == pytest.approx(matrix.T, abs=1e-5)
