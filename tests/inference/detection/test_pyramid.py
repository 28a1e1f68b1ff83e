"""Shrinking through halvings gives what shrinking at once gives."""

import numpy as np
import pytest
from PIL import Image

from mien.inference.detection.pyramid import Pyramid

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
def test_a_cut_is_what_lies_in_the_box(box: tuple[int, int, int, int]) -> None:
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
