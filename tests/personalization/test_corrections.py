"""Corrections refuse what no model predicts; crops of any format are stored without loss."""

import io

import numpy as np
import pytest
from PIL import Image

from mien.errors import ProfileError
from mien.personalization.corrections import (
    Correction,
    StoredCorrection,
    match_label,
    read_crop,
    write_crop,
)
from tests.personalization.people import MODEL, make_correction


def test_an_unknown_emotion_is_refused() -> None:
    with pytest.raises(ProfileError, match=r"unknown emotion 'joyful'; choose from angry, "):
        make_correction(1, "joyful")


@pytest.mark.parametrize("bad", [np.full(7, np.nan), np.ones(7), np.ones(6) / 6, np.ones(8) / 8])
def test_probabilities_that_no_model_predicts_are_refused(bad: np.ndarray) -> None:
    with pytest.raises(ProfileError, match="not what a model predicts"):
        Correction("happy", np.ones(3, np.float32), bad.astype(np.float32), MODEL)


def test_the_labels_are_those_of_the_model() -> None:
    pain = ("Pain", "no pain")
    row = np.array([0.3, 0.7], np.float32)
    correction = Correction("Pain", np.ones(3, np.float32), row, MODEL, labels=pain)
    assert correction.predicted == "no pain"
    with pytest.raises(ProfileError, match="unknown emotion 'happy'; choose from Pain, no pain"):
        Correction("happy", np.ones(3, np.float32), row, MODEL, labels=pain)


def test_a_typed_label_matches_in_any_case() -> None:
    assert match_label(" PAIN ", ("Pain", "no pain")) == "Pain"
    assert match_label("pain", ("Pain", "pain")) == "pain"
    with pytest.raises(ProfileError, match=r"^row 2: unknown emotion 'ouch'; choose from Pain\.$"):
        match_label("ouch", ("Pain",), "row 2")


def test_a_stored_correction_comes_back_from_its_row() -> None:
    labels = ("fear", "joie é")
    row, embedding = np.array([0.4, 0.6], np.float32), np.arange(5, dtype=np.float32)
    correction = Correction("joie é", embedding, row, MODEL, b"crop", "face", labels)
    again = StoredCorrection.from_row(StoredCorrection(3, 2, 1.5, correction).to_row())
    assert (again.number, again.step, again.created) == (3, 2, 1.5)
    found = again.correction
    assert (found.label, found.labels, found.model) == ("joie é", labels, MODEL)
    assert (found.image, found.source) == (b"crop", "correction 3")
    np.testing.assert_array_equal(found.embedding, embedding)
    np.testing.assert_array_equal(found.probabilities, row)


@pytest.mark.parametrize("shape", [(48, 48), (64, 64), (64, 64, 3), (16, 16), (512, 512, 3)])
def test_a_crop_of_any_format_comes_back(shape: tuple[int, ...]) -> None:
    crop = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    np.testing.assert_array_equal(read_crop(write_crop(crop)), crop)


def encode(image: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        encode(Image.new("L", (48, 48)))[:60],
        encode(Image.new("L", (48, 48)), "BMP"),
        encode(Image.new("L", (48, 64))),
        encode(Image.new("L", (8, 8))),
        encode(Image.new("RGB", (600, 600))),
        encode(Image.new("RGBA", (48, 48))),
        encode(Image.new("P", (48, 48))),
    ],
)
def test_an_image_that_is_no_crop_is_refused(content: bytes) -> None:
    with pytest.raises(ProfileError, match="a stored image is damaged"):
        read_crop(content)
