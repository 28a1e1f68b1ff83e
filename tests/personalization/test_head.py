"""The head against SciPy's solvers, and its folds against fits of their own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import log_softmax
from scipy.special import softmax as scipy_softmax

from mien.personalization.head import fit, softmax, to_logits


def make_problem(seed: int, count: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(count, 5))
    offsets = np.log(scipy_softmax(rng.normal(0, 2, (count, 7)), axis=1))
    return features @ features.T + 0.1 * np.eye(count), offsets, rng.integers(0, 7, count)


def everything(count: int) -> np.ndarray:
    return np.ones((1, count), bool)


def minus_log_posterior(
    change: np.ndarray, covariance: np.ndarray, offsets: np.ndarray, labels: np.ndarray
) -> float:
    change = change.reshape(offsets.shape)
    likelihood = log_softmax(offsets + change, axis=1)[np.arange(len(labels)), labels].sum()
    return float((change * np.linalg.solve(covariance, change)).sum() / 2 - likelihood)


@pytest.mark.parametrize("seed", range(4))
def test_the_head_is_the_maximum_a_posteriori_that_scipy_finds(seed: int) -> None:
    covariance, offsets, labels = make_problem(seed)
    change = covariance @ fit(covariance, offsets, labels, everything(len(labels)))[0]
    found = minimize(
        minus_log_posterior, np.zeros(offsets.size), (covariance, offsets, labels), method="BFGS"
    )
    ours = minus_log_posterior(change.ravel(), covariance, offsets, labels)
    assert ours == pytest.approx(found.fun, abs=0.02)
    answers = scipy_softmax(offsets + found.x.reshape(offsets.shape), axis=1)
    np.testing.assert_allclose(softmax(offsets + change), answers, atol=0.03)


def test_a_fold_is_what_is_learned_from_its_samples_alone() -> None:
    covariance, offsets, labels = make_problem(9, count=15)
    kept = np.arange(15) % 3 != np.arange(3)[:, None]
    heads = fit(covariance, offsets, labels, kept)
    for head, chosen in zip(heads, kept, strict=True):
        (alone,) = fit(
            covariance[np.ix_(chosen, chosen)],
            offsets[chosen],
            labels[chosen],
            everything(chosen.sum()),
        )
        np.testing.assert_allclose(head[chosen], alone, atol=1e-5)
        np.testing.assert_allclose(head[~chosen], 0, atol=1e-5)


def test_copies_of_one_sample_can_be_learned_from() -> None:
    covariance, offsets = np.full((40, 40), 8.0), np.zeros((40, 7))
    (head,) = fit(covariance, offsets, np.full(40, 3), everything(40))
    assert softmax(covariance @ head)[:, 3].min() > 0.95


def test_no_samples_teach_nothing() -> None:
    heads = fit(np.zeros((0, 0)), np.zeros((0, 7)), np.zeros(0, np.int64), everything(0))
    assert heads.shape == (1, 0, 7)


@settings(max_examples=50)
@given(st.lists(st.floats(-50, 50), min_size=7, max_size=7))
def test_softmax_is_scipys_and_undone_by_to_logits(logits: list[float]) -> None:
    row = np.array([logits])
    np.testing.assert_allclose(softmax(row), scipy_softmax(row, axis=1), rtol=1e-9)
    np.testing.assert_allclose(softmax(to_logits(softmax(row))), softmax(row), atol=1e-5)
