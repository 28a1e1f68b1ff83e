"""YuNet and O-Net find faces of all sizes and ways, and nothing where there is none."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageEnhance

from mien.inference.detection.mtcnn import MTCNN
from mien.inference.detection.yunet import YuNet
from mien.inference.media.images import read_frame
from tests.inference.detection.test_mtcnn import FIVE, finds


@pytest.fixture(scope="module")
def detector() -> YuNet:
    return YuNet()


@pytest.fixture(scope="module")
def five(shared: Path) -> Image.Image:
    return Image.fromarray(read_frame(shared / "media" / "five_faces.jpg").pixels)


@pytest.fixture(scope="module")
def one(shared: Path) -> Image.Image:
    return Image.fromarray(read_frame(shared / "media" / "one_face.jpg").pixels)


def test_five_faces_and_no_sixth(detector: YuNet, five: Image.Image) -> None:
    faces = detector.detect(np.asarray(five))
    finds(faces, FIVE)
    areas = [face.box.width * face.box.height for face in faces]
    assert areas == sorted(areas, reverse=True)
    assert all(0.6 <= face.score <= 1 and not face.turned for face in faces)


def test_boxes_and_landmarks_are_near_those_of_mtcnn(detector: YuNet, five: Image.Image) -> None:
    frame = np.asarray(five)
    for ours, theirs in zip(
        *(
            sorted(found.detect(frame), key=lambda face: face.box.x)
            for found in (detector, MTCNN())
        ),
        strict=True,
    ):
        marks, others = np.array(ours.landmarks), np.array(theirs.landmarks)
        eyes = float(np.hypot(*(others[1] - others[0])))
        assert np.hypot(*(marks - others).T).mean() < 0.06 * eyes
        edges = [
            (face.box.x, face.box.y, face.box.right, face.box.bottom) for face in (ours, theirs)
        ]
        assert np.abs(np.subtract(*edges)).max() < 0.35 * eyes


@pytest.mark.parametrize(("name", "count"), [("one_face.jpg", 1), ("no_face_cartoon.jpg", 0)])
def test_other_photos(detector: YuNet, shared: Path, name: str, count: int) -> None:
    assert len(detector.detect(read_frame(shared / "media" / name).pixels)) == count


@pytest.mark.parametrize("factor", [0.2, 0.5, 2.0, 6.0])
def test_five_faces_at_other_sizes(detector: YuNet, five: Image.Image, factor: float) -> None:
    size = round(five.width * factor), round(five.height * factor)
    faces = detector.detect(np.asarray(five.resize(size, Image.Resampling.LANCZOS)))
    finds(faces, [(x * factor, y * factor) for x, y in FIVE], reach=25 * factor)


@pytest.mark.parametrize(
    "change",
    [
        lambda image: ImageEnhance.Brightness(image).enhance(0.4),
        lambda image: ImageEnhance.Contrast(image).enhance(0.5),
        lambda image: image.convert("L").convert("RGB"),
    ],
    ids=["dark", "flat", "gray"],
)
def test_five_faces_in_other_light(
    detector: YuNet, five: Image.Image, change: Callable[[Image.Image], Image.Image]
) -> None:
    finds(detector.detect(np.asarray(change(five))), FIVE)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_photo_says_so_and_has_its_face_where_it_is(
    detector: YuNet, one: Image.Image, quarters: int
) -> None:
    """A photo that was turned clockwise is upright once it is turned counter-clockwise."""
    (upright,) = detector.detect(np.asarray(one))
    turned = np.ascontiguousarray(np.rot90(np.asarray(one), -quarters))
    (face,) = detector.detect(turned)
    assert face.turned == 90 * quarters
    height, width = turned.shape[:2]

    def forth(x: float, y: float) -> tuple[float, float]:
        """Where a point of the upright photo goes, by one quarter after the other."""
        sides = one.size
        for _ in range(quarters):
            x, y = sides[1] - y, x
            sides = sides[1], sides[0]
        return x, y

    expected = np.array([forth(*point) for point in upright.landmarks])
    assert np.abs(np.array(face.landmarks) - expected).max() < 0.05 * upright.box.width
    assert 0 <= face.box.x <= face.box.right <= width
    assert 0 <= face.box.y <= face.box.bottom <= height
    middle = forth(upright.box.x + upright.box.width / 2, upright.box.y + upright.box.height / 2)
    box = face.box
    assert abs(box.x + box.width / 2 - middle[0]) < 0.15 * box.width
    assert abs(box.y + box.height / 2 - middle[1]) < 0.15 * box.height


def test_without_turns_no_face_is_turned(one: Image.Image) -> None:
    faces = YuNet(turns=False).detect(np.rot90(np.asarray(one), 2))
    assert not any(face.turned for face in faces)


def test_a_face_half_outside_stays_inside_the_frame(detector: YuNet, one: Image.Image) -> None:
    (whole,) = detector.detect(np.asarray(one))
    cut = np.asarray(one)[:, round(whole.box.x + 0.25 * whole.box.width) :]
    (face,) = detector.detect(cut)
    assert face.box.x == 0
    assert face.box.right <= cut.shape[1]


@pytest.mark.slow
def test_a_face_fills_a_photo_of_6000_pixels(detector: YuNet, one: Image.Image) -> None:
    (face,) = detector.detect(np.asarray(one))
    box = face.box
    close = one.crop(tuple(round(edge) for edge in (box.x, box.y, box.right, box.bottom)))
    (found,) = detector.detect(np.asarray(close.resize((6000, 6600), Image.Resampling.BICUBIC)))
    assert found.box.width > 4000


@pytest.mark.slow
def test_three_hundred_faces(detector: YuNet, one: Image.Image) -> None:
    (face,) = detector.detect(np.asarray(one))
    x, y, side = face.box.x, face.box.y, face.box.height
    head = one.crop(
        (round(x - side / 2), round(y - side / 3), round(x + 1.3 * side), round(y + 1.4 * side))
    )
    tile = np.asarray(head.resize((64, 64), Image.Resampling.LANCZOS))
    crowd = np.tile(tile, (15, 20, 1))
    assert len(YuNet(pixels=crowd.shape[0] * crowd.shape[1]).detect(crowd)) == 300


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((480, 640, 3), np.uint8),
        np.full((480, 640, 3), 255, np.uint8),
        np.tile(np.indices((480, 640)).sum(0)[..., None] // 16 % 2 * 255, 3).astype(np.uint8),
        np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8),
        np.zeros((20, 40_000, 3), np.uint8),
        np.zeros((40_000, 20, 3), np.uint8),
        np.zeros((1, 1, 3), np.uint8),
    ],
    ids=["black", "white", "checkerboard", "noise", "wide", "tall", "pixel"],
)
def test_nothing_found_is_an_answer(detector: YuNet, image: np.ndarray) -> None:
    assert detector.detect(image) == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, 90), st.integers(1, 90), st.data())
def test_any_image_has_an_answer_inside_it(height: int, width: int, data: st.DataObject) -> None:
    image = data.draw(arrays(np.uint8, (height, width, 3)))
    for face in _SHARED_DETECTOR.detect(image):
        assert 0 <= face.box.x <= face.box.right <= width
        assert 0 <= face.box.y <= face.box.bottom <= height


_SHARED_DETECTOR = YuNet()


def test_too_few_pixels_are_refused() -> None:
    with pytest.raises(ValueError, match="pixels must be 1024 or more, got 10"):
        YuNet(pixels=10)
