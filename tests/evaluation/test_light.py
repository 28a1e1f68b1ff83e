"""Accuracy by the brightness of faces."""

import numpy as np

from mien.evaluation.light import light_thirds


def test_thirds_by_brightness_tell_the_gap() -> None:
    brightness = np.arange(90).repeat(1)
    images = np.repeat(brightness, 16).reshape(90, 4, 4).astype(np.uint8)
    right = brightness >= 30  # the darkest third is always wrong
    found = light_thirds(images, right, np.zeros(90, np.int64))
    assert found is not None
    assert [third.accuracy for third in found.thirds] == [0, 1, 1]
    assert [third.up_to for third in found.thirds] == [29, 59, 89]
    assert found.gap == 1


def test_of_few_faces_no_thirds_are_told() -> None:
    few = np.zeros((29, 4, 4), np.uint8)
    assert light_thirds(few, np.ones(29, bool), np.zeros(29, np.int64)) is None
