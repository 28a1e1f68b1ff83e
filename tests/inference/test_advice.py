"""Warnings come where an image is wrong, and hardly ever where it is not."""

import numpy as np
import pytest

from mien import Analyzer
from mien.inference.advice import CROPPED, ON_ITS_SIDE, SWAPPED, UPSIDE_DOWN, find_warnings
from mien.inference.detection.detector import Detection
from mien.inference.media.images import read_frame
from mien.results import Box

LANDMARKS = ((45.0, 40.0), (75.0, 40.0), (60.0, 60.0), (47.0, 75.0), (73.0, 75.0))


def skin(pixels: tuple[int, int, int] = (200, 150, 120)) -> np.ndarray:
    return np.full((200, 200, 3), pixels, np.uint8)


def face(turned: int = 0, shift: float = 0.0) -> Detection:
    marks = tuple((x - shift, y) for x, y in LANDMARKS)
    return Detection(Box(40 - shift, 20, 60, 80), 0.9, marks, turned)


def test_a_good_image_has_no_warning() -> None:
    assert find_warnings(skin(), [face(), face(90)], is_array=True) == ()


def test_each_sign_is_told() -> None:
    swapped = skin((120, 150, 200))
    assert find_warnings(swapped, [face()], is_array=True) == (SWAPPED,)
    assert find_warnings(swapped, [face()], is_array=False) == ()
    assert find_warnings(skin(), [face(90), face(270)], is_array=True) == (ON_ITS_SIDE,)
    assert find_warnings(skin(), [face(180)], is_array=True) == (UPSIDE_DOWN,)
    (cut,) = find_warnings(skin(), [face(shift=45)], is_array=True)
    assert "cut too tight" in cut
    assert find_warnings(skin(), [], is_array=False) == (CROPPED,)
    assert find_warnings(np.zeros((257, 9, 3), np.uint8), [], is_array=False) == ()


@pytest.mark.slow
def test_swapped_colors_of_real_photos_are_told_and_right_ones_are_not(shared) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    images = parquet.read_table(shared / "photos" / "scenes.parquet", columns=["image"])
    photos = [read_frame(value).pixels for value in images["image"][::12].to_pylist()]
    colored = [it for it in photos if np.abs(it[..., 0].astype(int) - it[..., 2]).mean() > 3]
    analyzer = Analyzer()
    wrong = [SWAPPED in result.warnings for result in analyzer.analyze_many(colored)]
    told = [SWAPPED in result.warnings for result in analyzer.analyze_many(colored, order="bgr")]
    assert sum(wrong) <= 0.05 * len(colored)
    assert sum(told) >= 0.85 * len(colored)
