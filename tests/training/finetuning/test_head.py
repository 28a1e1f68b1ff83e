"""The last layer: what a penalty leaves of it, and what it finds."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from mien.training.finetuning.head import Features, fit_head


def make(count: int = 300, size: int = 6, seed: int = 0) -> tuple[Features, np.ndarray]:
    rng = np.random.default_rng(seed)
    embeddings = rng.normal(size=(count, size))
    labels = (embeddings @ rng.normal(size=(size, 3)) + rng.gumbel(size=(count, 3))).argmax(axis=1)
    return Features(embeddings, np.zeros((count, 3))), labels


def test_without_old_answers_it_is_scikit_learns_ridge() -> None:
    features, labels = make()
    head = fit_head(features, labels, 0.1)
    other = LogisticRegression(C=1 / (0.1 * len(labels)), tol=1e-8, max_iter=1000)
    other.fit(features.embeddings, labels)
    logits = head.logits(features)
    expected = other.decision_function(features.embeddings)
    gap = (logits - logits.mean(axis=1, keepdims=True)) - (
        expected - expected.mean(axis=1, keepdims=True)
    )
    assert np.abs(gap).max() < 0.05
    assert head.scale == 0


def test_a_strong_penalty_leaves_the_old_answers() -> None:
    features, labels = make()
    rng = np.random.default_rng(1)
    shares = rng.dirichlet(np.ones(3), len(labels))
    right = np.eye(3)[labels] * 0.7 + 0.3 * shares
    old = Features(features.embeddings, np.log(right / right.sum(axis=1, keepdims=True)))
    head = fit_head(old, labels, 1e4)
    assert head.scale > 1  # the old answers were too modest
    assert np.abs(head.weights).max() < 1e-3
    assert (head.logits(old).argmax(axis=1) == right.argmax(axis=1)).mean() > 0.97


@pytest.mark.parametrize("penalty", [0.03, 10.0])
def test_a_start_changes_hardly_anything(penalty: float) -> None:
    features, labels = make()
    plain, warm = (
        fit_head(features, labels, penalty, start)
        for start in (None, fit_head(features, labels, 1.0))
    )
    assert np.abs(plain.logits(features) - warm.logits(features)).max() < 0.05
