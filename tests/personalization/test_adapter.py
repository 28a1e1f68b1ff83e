"""An adapter's probabilities, its storage, and the regression that it is fitted by."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import log_softmax
from scipy.special import softmax as scipy_softmax

from mien.errors import ProfileError
from mien.personalization.adapter import (
    Adapter,
    fit,
    normalize,
    similarity_covariance,
    softmax,
    to_logits,
)
from mien.personalization.learning import learn
from tests.personalization.faces import DIMENSIONS, draw_samples, relabel

pytestmark = pytest.mark.slow

# ---- Probabilities


@pytest.fixture(scope="module")
def adapter() -> Adapter:
    return learn(draw_samples(40, seed=1)).adapter


@settings(max_examples=40)
@given(taught=st.integers(0, 30), asked=st.integers(0, 5), seed=st.integers(0, 99))
def test_adapted_rows_are_probabilities(taught: int, asked: int, seed: int) -> None:
    faces = draw_samples(asked, seed + 100)
    learned = learn(draw_samples(taught, seed)).adapter
    rows = learned.adapt(faces.probabilities, faces.embeddings)
    assert rows.dtype == np.float32
    assert rows.shape == (asked, 7)
    assert (rows >= 0).all()
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-5)


def test_an_adapter_of_no_samples_changes_nothing() -> None:
    faces = draw_samples(9, seed=2)
    nothing = learn(faces.take(np.zeros(0, np.int64))).adapter
    rows = nothing.adapt(faces.probabilities, faces.embeddings)
    np.testing.assert_allclose(rows, faces.probabilities, atol=1e-6)


def test_extreme_probabilities_and_embeddings_are_adapted(adapter: Adapter) -> None:
    certain = np.eye(7, dtype=np.float32)[:2]
    embeddings = np.stack([np.zeros(DIMENSIONS), np.full(DIMENSIONS, 1e30)]).astype(np.float32)
    rows = adapter.adapt(certain, embeddings)
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-5)


def test_scaling_the_embeddings_changes_nothing(adapter: Adapter) -> None:
    faces = draw_samples(9, seed=3)
    rows = adapter.adapt(faces.probabilities, faces.embeddings)
    scaled = adapter.adapt(faces.probabilities, 7 * faces.embeddings)
    np.testing.assert_allclose(scaled, rows, atol=1e-4)


def test_a_corrected_face_gets_its_label() -> None:
    faces = draw_samples(7, seed=8)
    corrected = relabel(faces, (faces.probabilities.argmax(axis=1) + 3) % 7)
    for i in range(7):
        face = corrected.take(np.array([i]))
        rows = learn(face).adapter.adapt(face.probabilities, face.embeddings)
        assert rows.argmax() == face.labels[0]


def test_embeddings_of_another_length_are_refused(adapter: Adapter) -> None:
    faces = draw_samples(2, seed=6)
    with pytest.raises(ProfileError, match=r"embeddings of 256 .* model that it was taught with"):
        adapter.adapt(faces.probabilities, faces.embeddings[:, 1:])


def test_probabilities_of_other_labels_are_refused(adapter: Adapter) -> None:
    faces = draw_samples(2, seed=6)
    eight = np.full((2, 8), 1 / 8, np.float32)
    with pytest.raises(ProfileError, match=r"probabilities of 7 .* model that it was taught with"):
        adapter.adapt(eight, faces.embeddings)


# ---- Storage


def test_a_stored_adapter_adapts_the_same_to_the_last_bit(adapter: Adapter) -> None:
    faces = draw_samples(20, seed=4)
    again = Adapter.from_bytes(adapter.to_bytes())
    np.testing.assert_array_equal(
        again.adapt(faces.probabilities, faces.embeddings),
        adapter.adapt(faces.probabilities, faces.embeddings),
    )


def test_the_same_samples_give_the_same_bytes() -> None:
    first, second = (learn(draw_samples(12, seed=5)).adapter for _ in range(2))
    assert first.to_bytes() == second.to_bytes()


@pytest.mark.parametrize("flip", [1, 255])
def test_an_adapter_with_a_damaged_byte_is_refused_or_finite(flip: int) -> None:
    content = learn(draw_samples(2, seed=7)).adapter.to_bytes()
    faces, refused = draw_samples(3, seed=8), 0
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= flip
        try:
            rows = Adapter.from_bytes(damaged).adapt(faces.probabilities, faces.embeddings)
            assert np.isfinite(rows).all()
        except ProfileError:
            refused += 1
    assert refused > len(content) / 2


@pytest.mark.parametrize("length", [0, 10, 500, -1])
def test_truncated_bytes_are_refused(adapter: Adapter, length: int) -> None:
    with pytest.raises(ProfileError, match="damaged"):
        Adapter.from_bytes(adapter.to_bytes()[:length])


def test_a_later_format_is_refused(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mien.personalization.adapter._FORMAT", 4)
    content = adapter.to_bytes()
    monkeypatch.undo()
    with pytest.raises(ProfileError, match="format 4"):
        Adapter.from_bytes(content)


# ---- Covariances

WIDTH = 100


def draw_embeddings(count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return normalize(rng.normal(0.3, 1, (count, WIDTH)).astype(np.float32))


@given(st.integers(1, 60), st.integers(0, 999))
def test_similarity_is_a_covariance(count: int, seed: int) -> None:
    embeddings = draw_embeddings(count, seed)
    covariance = similarity_covariance(embeddings, embeddings)
    np.testing.assert_allclose(covariance, covariance.T, atol=1e-4)
    assert np.linalg.eigvalsh(covariance.astype(np.float64)).min() > -1e-3


@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 999))
def test_with_more_samples_each_reaches_less_far(few: int, added: int, seed: int) -> None:
    face, samples = draw_embeddings(1, seed), draw_embeddings(few + added, seed + 1)
    alone = similarity_covariance(face, samples[:few])
    crowded = similarity_covariance(face, samples)[:, :few]
    assert (np.abs(crowded) <= np.abs(alone) + 1e-6).all()


@pytest.mark.parametrize(("count", "power"), [(1, 2), (8, 2), (9, 3), (24, 3), (25, 4), (500, 6)])
def test_the_power_of_the_cosine_rises_with_each_threefold(count: int, power: int) -> None:
    samples = np.zeros((count, WIDTH), np.float32)
    samples[:, 0], samples[:, 1] = 0.6, 0.8  # a cosine of 0.6 with the face below
    face = np.eye(1, WIDTH, dtype=np.float32)
    np.testing.assert_allclose(similarity_covariance(face, samples), 24 * 0.6**power, rtol=1e-4)


def test_a_face_has_the_largest_covariance_with_itself() -> None:
    face = draw_embeddings(1, seed=3)
    for count in (1, 30, 300):
        covariance = similarity_covariance(face, np.repeat(face, count, axis=0))
        np.testing.assert_allclose(covariance, 24, rtol=1e-4)


# ---- Regression


def make_problem(
    seed: int, count: int = 12, labels: int = 7
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(count, 5))
    offsets = np.log(scipy_softmax(rng.normal(0, 2, (count, labels)), axis=1))
    return features @ features.T + 0.1 * np.eye(count), offsets, rng.integers(0, labels, count)


def all_included(count: int) -> np.ndarray:
    return np.ones((1, count), bool)


def minus_log_posterior(
    change: np.ndarray, covariance: np.ndarray, offsets: np.ndarray, labels: np.ndarray
) -> float:
    change = change.reshape(offsets.shape)
    likelihood = log_softmax(offsets + change, axis=1)[np.arange(len(labels)), labels].sum()
    return float((change * np.linalg.solve(covariance, change)).sum() / 2 - likelihood)


@pytest.mark.parametrize(("seed", "count"), [*((seed, 7) for seed in range(4)), (4, 2), (5, 8)])
def test_the_regression_is_the_maximum_a_posteriori_that_scipy_finds(seed: int, count: int) -> None:
    covariance, offsets, labels = make_problem(seed, labels=count)
    change = covariance @ fit(covariance, offsets, labels, all_included(len(labels)))[0]
    found = minimize(
        minus_log_posterior, np.zeros(offsets.size), (covariance, offsets, labels), method="BFGS"
    )
    ours = minus_log_posterior(change.ravel(), covariance, offsets, labels)
    assert ours == pytest.approx(found.fun, abs=0.02)
    expected = scipy_softmax(offsets + found.x.reshape(offsets.shape), axis=1)
    np.testing.assert_allclose(softmax(offsets + change), expected, atol=0.03)


def test_each_of_several_regressions_learns_from_its_samples_alone() -> None:
    covariance, offsets, labels = make_problem(9, count=15)
    included = np.arange(15) % 3 != np.arange(3)[:, None]
    regressions = fit(covariance, offsets, labels, included)
    for coefficients, chosen in zip(regressions, included, strict=True):
        (alone,) = fit(
            covariance[np.ix_(chosen, chosen)],
            offsets[chosen],
            labels[chosen],
            all_included(chosen.sum()),
        )
        np.testing.assert_allclose(coefficients[chosen], alone, atol=1e-5)
        np.testing.assert_allclose(coefficients[~chosen], 0, atol=1e-5)


def test_copies_of_one_sample_can_be_learned_from() -> None:
    covariance, offsets = np.full((40, 40), 8.0), np.zeros((40, 7))
    (coefficients,) = fit(covariance, offsets, np.full(40, 3), all_included(40))
    assert softmax(covariance @ coefficients)[:, 3].min() > 0.95


def test_a_regression_on_no_samples_has_no_coefficients() -> None:
    regressions = fit(np.zeros((0, 0)), np.zeros((0, 7)), np.zeros(0, np.int64), all_included(0))
    assert regressions.shape == (1, 0, 7)


@settings(max_examples=50)
@given(st.lists(st.floats(-50, 50), min_size=7, max_size=7))
def test_softmax_is_scipys_and_inverse_to_to_logits(logits: list[float]) -> None:
    row = np.array([logits])
    np.testing.assert_allclose(softmax(row), scipy_softmax(row, axis=1), rtol=1e-9)
    np.testing.assert_allclose(softmax(to_logits(softmax(row))), softmax(row), atol=1e-5)
