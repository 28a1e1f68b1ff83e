"""A cut is told from all that is none."""

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.inference.tracking.scene import CutDetector


@pytest.fixture(scope="module")
def photos(shared: Path) -> list[Image.Image]:
    names = ("five_faces", "one_face", "no_face_cartoon")
    return [Image.open(shared / "media" / f"{name}.jpg").convert("RGB") for name in names]


def cuts(*frames: Image.Image | np.ndarray) -> list[bool]:
    watch = CutDetector()
    return [watch.is_cut(np.asarray(frame)) for frame in frames]


def test_one_photo_after_another_is_a_cut(photos: list[Image.Image]) -> None:
    scenes = [photo.resize((640, 360)) for photo in photos]
    for one, other in permutations(scenes, 2):
        assert cuts(one, one, other, other) == [True, False, True, False]


def test_another_shot_of_the_same_people_is_a_cut(photos: list[Image.Image]) -> None:
    wide, near = photos[0].resize((640, 360)), photos[0].crop((300, 200, 700, 425))
    assert cuts(wide, near.resize((640, 360))) == [True, True]


@pytest.mark.parametrize("step", [3, 30, 120])
def test_a_moving_camera_is_no_cut(photos: list[Image.Image], step: int) -> None:
    wide = photos[0].resize((1600, 1067))
    views = [wide.crop((x, 300, x + 640, 660)) for x in range(0, 900, step)]
    assert not any(cuts(*views)[1:])


def test_light_and_passers_by_are_no_cut(photos: list[Image.Image]) -> None:
    frame = np.asarray(photos[1].resize((640, 360)))
    passed = frame.copy()
    passed[:, :200] = 20
    dark, bright = (frame * 0.5).astype(np.uint8), (frame * 1.4).clip(0, 255).astype(np.uint8)
    assert cuts(frame, dark, bright, frame, passed, frame) == [True, *[False] * 5]


def test_another_size_is_a_cut(photos: list[Image.Image]) -> None:
    assert cuts(photos[0], photos[0].resize((320, 180))) == [True, True]


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 500, 3), (63, 65, 3)])
def test_small_and_flat_frames(shape: tuple[int, int, int]) -> None:
    black, white = np.zeros(shape, np.uint8), np.full(shape, 255, np.uint8)
    assert cuts(black, black, white) == [True, False, False]
