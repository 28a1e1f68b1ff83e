"""Arrays of any depth, channels and order become the same RGB."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image

from mien.errors import MediaError
from mien.inference.media.arrays import to_rgb

sides = st.integers(1, 9)


@st.composite
def images(draw: st.DrawFn, channels: int) -> NDArray[np.uint8]:
    """An image that has white somewhere, so that a depth can be told from its values."""
    image = draw(arrays(np.uint8, (draw(sides), draw(sides), channels)))
    image[0, 0] = 255
    return image


@given(images(3))
def test_depths_and_orders_are_equal(image: NDArray[np.uint8]) -> None:
    for same in (
        image,
        image.astype(np.int64),
        image.astype(np.uint16) * 257,
        (image / 255).astype(np.float32),
        image / 255,
        image.astype(np.float64),
        np.asfortranarray(image),
    ):
        result = to_rgb(same)
        assert result.dtype == np.uint8
        assert result.flags.c_contiguous
        assert np.array_equal(result, image)
    assert np.array_equal(to_rgb(image[:, :, ::-1], "bgr"), image)


@given(images(4))
def test_opacity_is_laid_on_white_as_pillow_does(image: NDArray[np.uint8]) -> None:
    white = Image.new("RGBA", image.shape[1::-1], "white")
    expected = np.asarray(Image.alpha_composite(white, Image.fromarray(image)).convert("RGB"))
    assert np.abs(to_rgb(image).astype(int) - expected).max() <= 1
    swapped = image[:, :, [2, 1, 0, 3]]
    assert np.array_equal(to_rgb(swapped, "bgr"), to_rgb(image))


@given(arrays(np.uint8, st.tuples(sides, sides)))
def test_gray_has_three_equal_channels(gray: NDArray[np.uint8]) -> None:
    for image in (gray, gray[..., None]):
        assert all(np.array_equal(to_rgb(image)[..., channel], gray) for channel in range(3))


def test_a_mask_is_black_and_white() -> None:
    assert to_rgb(np.array([[True, False]]))[0, :, 0].tolist() == [255, 0]


@pytest.mark.parametrize(
    ("array", "remedy"),
    [
        (np.zeros((0, 4, 3), np.uint8), "check what it was read from"),
        (np.zeros(9, np.uint8), "pass (height, width)"),
        (np.zeros((4, 4, 2), np.uint8), "pass (height, width)"),
        (np.zeros((3, 8, 8), np.uint8), "put them last"),
        (np.zeros((2, 8, 8, 3), np.uint8), "analyze_many"),
        (np.full((4, 4), np.nan), "undo its normalization"),
        (np.full((4, 4), -1), "undo its normalization"),
        (np.zeros((4, 4), complex), "pass uint8"),
    ],
)
def test_what_is_no_image_is_refused(array: NDArray[np.generic], remedy: str) -> None:
    with pytest.raises(MediaError) as error:
        to_rgb(array)
    assert remedy in str(error.value)
