"""What a user's adapter answers, and that it survives being stored."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.errors import ProfileError
from mien.personalization.adapter import Adapter
from mien.personalization.learn import learn
from mien.personalization.samples import Samples
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
