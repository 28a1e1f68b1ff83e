"""A crop cut askew from a photo comes back as the crop cut straight; what is no face stays."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mien import Analyzer
from mien.inference.alignment import Aligner
from mien.inference.classifier import Classifier
from mien.inference.crop import FER2013_LANDMARKS, crop_face
from mien.inference.detection.detector import Detection
from mien.inference.detection.mtcnn import MTCNN
from tests.conftest import CARD, build_tiny_model

Photo = tuple[np.ndarray, list[Detection]]


@pytest.fixture(scope="module")
def aligner() -> Aligner:
    return Aligner()


@pytest.fixture(scope="module")
def photo(shared: Path) -> Photo:
    with Image.open(shared / "media" / "five_faces.jpg") as image:
        pixels = np.asarray(image.convert("RGB"))
    return pixels, MTCNN().detect(pixels)


def askew(photo: Photo, turn: float, scale: float, shift: complex) -> np.ndarray:
    """Crops every face of the photo as if its landmarks lay elsewhere.

    Args:
        photo: pixels and faces.
        turn: in degrees.
        scale: above 1, the crop shows more than the face.
        shift: in fractions of the face's size.
    """
    pixels, faces = photo
    crops = []
    for face in faces:
        points = np.array([complex(*point) for point in face.landmarks])
        middle, size = points.mean(), 2 * points.std()
        moved = (points - middle) * scale * np.exp(1j * np.deg2rad(turn)) + middle + shift * size
        crops.append(crop_face(pixels, [(point.real, point.imag) for point in moved]))
    return np.stack(crops)


def difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Mean difference of the faces' middles, in gray levels: the rest lay outside the crop."""
    middle = (slice(None), slice(12, 40), slice(12, 36))
    return np.abs(one[middle].astype(int) - other[middle]).mean(axis=(1, 2))


@settings(max_examples=15)
@given(
    turn=st.floats(-25, 25),
    scale=st.floats(0.9, 1.15),
    shift=st.complex_numbers(max_magnitude=0.12, allow_nan=False),
)
def test_a_tilted_crop_is_straightened(
    aligner: Aligner, photo: Photo, turn: float, scale: float, shift: complex
) -> None:
    straight, crops = askew(photo, 0, 1, 0), askew(photo, turn, scale, shift)
    found, aligned = aligner.align(crops)
    assert aligned.all()
    assert np.median(difference(found, straight)) < 10
    if abs(turn) > 10:
        assert difference(found, straight).mean() < 0.7 * difference(crops, straight).mean()


@pytest.mark.parametrize("turn", [-20, 0, 20])
def test_landmarks_are_those_the_detector_finds_in_the_photo(
    aligner: Aligner, photo: Photo, turn: float
) -> None:
    points, scores = aligner.find_landmarks(askew(photo, turn, 1, 0))
    assert (scores > 0.9).all()
    targets = np.array([complex(*point) for point in FER2013_LANDMARKS]) * 48
    for found, face in zip(points, photo[1], strict=True):
        theirs = np.array([complex(*point) for point in face.landmarks])
        moved = (theirs - theirs.mean()) * np.exp(1j * np.deg2rad(turn))
        # The crop's own transform, as its definition has it: the moved landmarks onto FER2013's.
        goal = targets - targets.mean()
        onto = np.vdot(moved, goal) / np.vdot(moved, moved)
        expected = onto * (theirs - theirs.mean()) + targets.mean()
        assert np.abs(found @ [1, 1j] - expected).mean() < 1.5


def test_a_face_on_its_side_is_not_changed(aligner: Aligner, photo: Photo) -> None:
    crops = askew(photo, 70, 1, 0)
    found, aligned = aligner.align(crops)
    assert not aligned.any()
    np.testing.assert_array_equal(found, crops)


def test_an_image_without_a_face_is_not_changed(aligner: Aligner) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (3, 48, 48), np.uint8)
    blank = np.full((1, 48, 48), 128, np.uint8)
    faces = np.concatenate([noise, blank])
    found, aligned = aligner.align(faces)
    assert not aligned.any()
    np.testing.assert_array_equal(found, faces)


def test_a_mirrored_face_is_aligned_to_the_mirror_image(aligner: Aligner, photo: Photo) -> None:
    crops = askew(photo, 12, 1, 0.05)
    ours, _ = aligner.align(crops)
    theirs, _ = aligner.align(crops[:, :, ::-1].copy())
    assert np.median(difference(ours, theirs[:, :, ::-1])) < 10


def test_no_faces_give_no_rows(aligner: Aligner) -> None:
    found, aligned = aligner.align(np.empty((0, 48, 48), np.uint8))
    assert found.shape == (0, 48, 48)
    assert aligned.shape == (0,)


@pytest.mark.parametrize("alignment", ["none", "landmarks"])
def test_a_cropped_image_is_aligned_where_the_model_asks(
    aligner: Aligner, photo: Photo, tmp_path: Path, alignment: str
) -> None:
    path = tmp_path / "model.onnx"
    onnx.save(build_tiny_model(replace(CARD, alignment=alignment).to_metadata()), path)
    crops = askew(photo, 20, 1, 0)[:1]
    seen = aligner.align(crops)[0] if alignment == "landmarks" else crops
    (face,) = Analyzer(path).analyze_crop(Image.fromarray(crops[0])).faces
    expected = Classifier(path).predict(seen).probabilities[0]
    np.testing.assert_allclose(face.probabilities, expected, atol=1e-6)


def test_faces_of_photos_are_not_aligned_twice(photo: Photo, tmp_path: Path) -> None:
    results = []
    for alignment in ("none", "landmarks"):
        path = tmp_path / f"{alignment}.onnx"
        onnx.save(build_tiny_model(replace(CARD, alignment=alignment).to_metadata()), path)
        results.append(Analyzer(path).analyze(photo[0]).faces)
    assert results[0] == results[1]
