"""What a user's adapter answers, and that it survives being stored."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import log_softmax
from scipy.special import softmax as scipy_softmax

from mien.errors import ProfileError
from mien.personalization.adapter import Adapter, fit, likeness, softmax, to_logits, to_units
from mien.personalization.learning import Samples, learn
from tests.personalization.faces import DIMENSIONS, draw, relabel


@pytest.fixture(scope="module")
def adapter() -> Adapter:
    return learn(draw(40, seed=1)).adapter


@settings(max_examples=40)
@given(taught=st.integers(0, 30), asked=st.integers(0, 5), seed=st.integers(0, 99))
def test_answers_are_probabilities(taught: int, asked: int, seed: int) -> None:
    faces = draw(asked, seed + 100)
    answer = learn(draw(taught, seed)).adapter.adapt(faces.probabilities, faces.embeddings)
    assert answer.dtype == np.float32
    assert answer.shape == (asked, 7)
    assert (answer >= 0).all()
    np.testing.assert_allclose(answer.sum(axis=1), 1, atol=1e-5)


def test_without_samples_the_base_model_answers() -> None:
    faces = draw(9, seed=2)
    nothing = learn(faces.take(np.zeros(0, np.int64))).adapter
    answer = nothing.adapt(faces.probabilities, faces.embeddings)
    np.testing.assert_allclose(answer, faces.probabilities, atol=1e-6)


def test_a_face_of_extremes_is_answered(adapter: Adapter) -> None:
    certain = np.eye(7, dtype=np.float32)[:2]
    embeddings = np.stack([np.zeros(DIMENSIONS), np.full(DIMENSIONS, 1e30)]).astype(np.float32)
    answer = adapter.adapt(certain, embeddings)
    np.testing.assert_allclose(answer.sum(axis=1), 1, atol=1e-5)


def test_scaling_the_embeddings_changes_nothing(adapter: Adapter) -> None:
    faces = draw(9, seed=3)
    answer = adapter.adapt(faces.probabilities, faces.embeddings)
    scaled = adapter.adapt(faces.probabilities, 7 * faces.embeddings)
    np.testing.assert_allclose(scaled, answer, atol=1e-4)


def test_stored_and_read_again_it_answers_the_same_to_the_last_bit(adapter: Adapter) -> None:
    faces = draw(20, seed=4)
    again = Adapter.from_bytes(adapter.to_bytes())
    np.testing.assert_array_equal(
        again.adapt(faces.probabilities, faces.embeddings),
        adapter.adapt(faces.probabilities, faces.embeddings),
    )


def test_the_same_samples_give_the_same_bytes() -> None:
    assert learn(draw(12, seed=5)).adapter.to_bytes() == learn(draw(12, seed=5)).adapter.to_bytes()


def test_a_model_with_other_embeddings_is_refused(adapter: Adapter) -> None:
    faces = draw(2, seed=6)
    with pytest.raises(ProfileError, match="use it with the model that it was taught with"):
        adapter.adapt(faces.probabilities, faces.embeddings[:, 1:])


@pytest.mark.parametrize("flip", [1, 255])
def test_wherever_a_byte_is_damaged_the_answer_is_sound_or_an_error(flip: int) -> None:
    content, faces = learn(draw(2, seed=7)).adapter.to_bytes(), draw(3, seed=8)
    refused = 0
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= flip
        try:
            answer = Adapter.from_bytes(damaged).adapt(faces.probabilities, faces.embeddings)
            assert np.isfinite(answer).all()
        except ProfileError:
            refused += 1
    assert refused > len(content) / 2


@pytest.mark.parametrize("cut", [0, 10, 500, -1])
def test_truncated_bytes_are_refused(adapter: Adapter, cut: int) -> None:
    with pytest.raises(ProfileError, match="damaged"):
        Adapter.from_bytes(adapter.to_bytes()[:cut])


def test_a_later_format_is_refused(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mien.personalization.adapter._FORMAT", 4)
    content = adapter.to_bytes()
    monkeypatch.undo()
    with pytest.raises(ProfileError, match="format 4"):
        Adapter.from_bytes(content)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"labels": np.array([7, 0])}, "labels"),
        ({"probabilities": np.ones((2, 6), np.float32)}, "probabilities"),
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


def test_a_correction_of_the_very_face_is_answered_as_corrected() -> None:
    faces = draw(7, seed=8)
    said = relabel(faces, (faces.probabilities.argmax(axis=1) + 3) % 7)
    for one in range(7):
        taught = said.take(np.array([one]))
        answer = learn(taught).adapter.adapt(taught.probabilities, taught.embeddings)
        assert answer.argmax() == taught.labels[0]


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


WIDTH = 100


def some_units(count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return to_units(rng.normal(0.3, 1, (count, WIDTH)).astype(np.float32))


@given(st.integers(1, 60), st.integers(0, 999))
def test_it_is_a_covariance(count: int, seed: int) -> None:
    units = some_units(count, seed)
    shared = likeness(units, units)
    np.testing.assert_allclose(shared, shared.T, atol=1e-4)
    assert np.linalg.eigvalsh(shared.astype(np.float64)).min() > -1e-3


@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 999))
def test_of_more_samples_each_says_less_of_faces_unlike_it(few: int, added: int, seed: int) -> None:
    face, samples = some_units(1, seed), some_units(few + added, seed + 1)
    alone, crowded = likeness(face, samples[:few]), likeness(face, samples)[:, :few]
    assert (np.abs(crowded) <= np.abs(alone) + 1e-6).all()


@pytest.mark.parametrize(("count", "power"), [(1, 2), (8, 2), (9, 3), (24, 3), (25, 4), (500, 6)])
def test_the_power_rises_with_each_threefold(count: int, power: int) -> None:
    samples = np.zeros((count, WIDTH), np.float32)
    samples[:, 0], samples[:, 1] = 0.6, 0.8  # a cosine of 0.6 with the face below
    face = np.eye(1, WIDTH, dtype=np.float32)
    np.testing.assert_allclose(likeness(face, samples), 24 * 0.6**power, rtol=1e-4)


def test_a_face_says_most_of_itself() -> None:
    face = some_units(1, seed=3)
    for count in (1, 30, 300):
        shared = likeness(face, np.repeat(face, count, axis=0))
        np.testing.assert_allclose(shared, 24, rtol=1e-4)
