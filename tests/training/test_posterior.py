"""The graph's posterior is Bayes' rule, whatever the sources."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from mien.evaluation.calibration import Calibration, fit_calibration
from mien.evaluation.reliability import reliability
from mien.training.posterior import Answers, Posterior, PosteriorLayer, cross_fitted_posterior

pytestmark = pytest.mark.slow

few = settings(max_examples=40, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def distributions(rng: np.random.Generator, count: int) -> np.ndarray:
    drawn: np.ndarray = rng.dirichlet(np.full(5, 2.0), count).astype(np.float32) + np.float32(0.01)
    return drawn / drawn.sum(axis=1, keepdims=True)


@few
@given(seeds, st.integers(2, 3))
def test_the_layer_answers_what_numpy_does(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (6, count, 5)).astype(np.float32)
    told, rates = rng.normal(0, 2, (6, count)).astype(np.float32), distributions(rng, count)
    posterior = Posterior(
        tuple(Calibration(rng.uniform(0.5, 2), tuple(rng.normal(0, 0.3, 3))) for _ in range(count)),
        rng.uniform(0.5, 2),
        (0.0, *rng.normal(0, 1, count - 1)),
    )
    again = Posterior.from_vector(posterior.to_vector(), count)
    np.testing.assert_allclose(again.to_vector(), posterior.to_vector())
    layer = PosteriorLayer(posterior, rates)
    found = layer(*map(torch.from_numpy, (logits, told, rates))).numpy()
    np.testing.assert_allclose(found, posterior.apply(Answers.of(logits, told)), atol=1e-5)


@few
@given(seeds)
def test_another_prior_is_bayes_rule_in_each_source(seed: int) -> None:
    rng = np.random.default_rng(seed)
    logits, rates = rng.normal(0, 2, (6, 5)).astype(np.float32), distributions(rng, 1)
    wanted = distributions(rng, 1)
    layer = PosteriorLayer(Posterior((Calibration(1.3, (0.1, 0.2, -0.1)),)), rates)
    none = torch.empty(6, 0)
    own, other = (
        layer(torch.from_numpy(logits), none, torch.from_numpy(prior)).numpy()
        for prior in (rates, wanted)
    )
    weighed = own * wanted / rates
    np.testing.assert_allclose(other, weighed / weighed.sum(1, keepdims=True), atol=1e-5)


def sampled(rng: np.random.Generator, rates: np.ndarray, count: int) -> tuple[np.ndarray, ...]:
    """Faces whose features follow their label: the exact posterior is known."""
    labels = rng.choice(5, count, p=rates / rates.sum())
    means = 1.5 * np.eye(5)
    features = rng.normal(means[labels], 1)
    # The log likelihoods of five Gaussians, less what all have in common.
    return (features @ means.T - (means**2).sum(1) / 2).astype(np.float32), labels


def test_a_prior_stays_calibrated_on_faces_of_that_prior() -> None:
    rng = np.random.default_rng(0)
    rates = np.array([[0.5, 0.2, 0.15, 0.1, 0.05]], np.float32)
    likelihoods, labels = sampled(rng, rates[0], 4000)
    answers = Answers.of(likelihoods + np.log(rates), np.empty((4000, 0), np.float32))
    layer = PosteriorLayer(Posterior.fit(answers, labels, None), rates)
    prior = np.array([[0.05, 0.1, 0.15, 0.2, 0.5]], np.float32)
    others, truth = sampled(rng, prior[0], 4000)
    logits, none = torch.from_numpy(others + np.log(rates)), torch.empty(4000, 0)
    learned, given_prior = (
        layer(logits, none, torch.from_numpy(base)).numpy() for base in (rates, prior)
    )
    assert reliability(given_prior, truth).ece < 0.02
    assert reliability(learned, truth).ece > 0.1


def test_cross_fitted_answers_are_near_the_fitted_ones() -> None:
    rng = np.random.default_rng(0)
    rates = distributions(rng, 2)
    sources = rng.integers(0, 2, 2000)
    logits, labels = sampled(rng, np.full(5, 0.2), 2000)
    told = np.where(sources[:, None] == np.arange(2), 4.0, 0.0).astype(np.float32)
    answers = Answers.of(logits[:, None] + np.log(rates), told)
    held_out = cross_fitted_posterior(answers, labels, sources)
    np.testing.assert_allclose(held_out.sum(1), 1, rtol=1e-6)
    fitted = Posterior.fit(answers, labels, sources).apply(answers)
    assert np.abs(held_out - fitted).mean() < 0.02
    assert softmax(told, axis=1).max() < 1


def test_cross_fitted_answers_come_from_the_other_folds() -> None:
    rng = np.random.default_rng(0)
    logits, labels = sampled(rng, np.full(5, 0.2), 50)
    none = np.empty((50, 0), np.float32)
    found = cross_fitted_posterior(Answers.of(logits, none), labels, None)
    order = np.random.default_rng(0).permutation(50)
    held = order[:10]
    others = np.setdiff1d(np.arange(50), held)
    expected = fit_calibration(logits[others], labels[others]).apply(logits[held])
    np.testing.assert_allclose(found[held], expected)
