"""What was found is drawn on the image, whatever its size."""

import numpy as np
import pytest

from mien.emotions import COLORS
from mien.inference.draw import draw
from mien.results import Box, Face, FrameResult

HAPPY = (0.0, 0.0, 0.05, 0.9, 0.0, 0.05, 0.0)


def drawn(width: int, height: int, *boxes: Box) -> np.ndarray:
    pixels = np.full((height, width, 3), 128, np.uint8)
    faces = tuple(Face(box=box, probabilities=HAPPY) for box in boxes)
    return np.asarray(draw(pixels, FrameResult("", width, height, faces)))


def has_color(image: np.ndarray, emotion: str) -> bool:
    color = bytes.fromhex(COLORS[emotion][1:])
    return bool((image == list(color)).all(axis=2).any())


def test_a_face_gets_its_colours() -> None:
    image = drawn(600, 400, Box(100, 100, 80, 100))
    assert image.shape == (400, 600, 3)
    assert has_color(image, "happy")
    assert has_color(image, "surprise")
    assert not has_color(image, "angry")


def test_the_face_itself_stays_visible() -> None:
    image = drawn(600, 400, Box(100, 100, 80, 100), Box(185, 100, 80, 100))
    assert (image[130:190, 110:170] == 128).all()
    assert (image[130:190, 195:255] == 128).all()


def test_an_image_without_a_face_is_drawn_unchanged() -> None:
    assert (drawn(600, 400) == 128).all()


def test_a_small_image_is_enlarged() -> None:
    assert drawn(48, 48, Box(0, 0, 48, 48)).shape == (480, 480, 3)


@pytest.mark.parametrize("size", [(1, 1), (5, 3000), (3000, 5), (900, 700)])
@pytest.mark.parametrize("box", [Box(0, 0, 1, 1), Box(-20, -30, 4000, 4000), Box(890, 690, 9, 9)])
def test_any_box_on_any_image_can_be_drawn(size: tuple[int, int], box: Box) -> None:
    assert drawn(*size, box).dtype == np.uint8
