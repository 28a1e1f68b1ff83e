"""Arrays in: whatever depth, channels and order they have, they become RGB of 8 bits."""

import sys
from collections.abc import Iterable
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mien.errors import MediaError

Order = Literal["rgb", "bgr"]
"""The order of an array's channels: OpenCV's arrays are BGR."""

ARRAY = "<array>"
"""What results name as the source of an array."""

_SMALLEST_CHANNELS_LAST = 5  # a last axis as short as this holds channels
_BAND = 2**20  # values that are scaled at once, as float64
_KINDS = "bfiu"  # of NumPy's types: bool, float, whole numbers

Pixels = NDArray[np.uint8]


def to_rgb(array: NDArray[np.generic], order: Order = "rgb") -> Pixels:
    """Converts an array to RGB of 8 bits.

    Args:
        array: (H, W) or (H, W, 1) gray, (H, W, 3), or (H, W, 4) with opacity, which is laid on
            white. Of bool, whole numbers of 0..255 or 0..65535, or floats of 0..1, 0..255 or
            0..65535: the smallest of these whites that holds the brightest value. uint16 is always
            0..65535.
        order: of the channels.

    Returns:
        uint8 (H, W, 3).

    Raises:
        MediaError: it is empty, has another shape or type, negative values or NaN; or there is no
            such order.

    Example:
        >>> to_rgb(np.array([[[0.0, 0.5, 1.0]]]), order="bgr").tolist()
        [[[255, 128, 0]]]
    """
    if order not in get_args(Order):
        raise MediaError(
            "no such order of channels", subject=order, remedy=f"use {' or '.join(get_args(Order))}"
        )
    _check_shape(array.shape)
    pixels = _to_bytes(array)
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        return np.repeat(pixels.reshape(*pixels.shape[:2], 1), 3, axis=2)
    colors = pixels[..., :3] if order == "rgb" else pixels[..., 2::-1]
    if pixels.shape[2] == 4:
        colors = _on_white(colors, pixels[..., 3:])
    return np.ascontiguousarray(colors)


def to_8_bits(values: NDArray[np.generic]) -> Pixels:
    """Scales deep grays to 0..255, by the smallest usual white that holds the brightest pixel.

    Integers are 16 bits deep, rarely 32; floats are 0..1 by habit, and 0..255 or more at times.

    Args:
        values: of any shape; negative ones and NaN become black.
    """
    rows = max(1, _BAND * len(values) // max(1, values.size))
    bands = [slice(top, top + rows) for top in range(0, len(values), rows)]
    white = find_white(values[band] for band in bands)
    pixels = np.empty(values.shape, np.uint8)
    for band in bands:
        pixels[band] = scale_to_8_bits(values[band], white)
    return pixels


def find_white(bands: Iterable[NDArray[np.generic]]) -> float:
    """Returns the smallest usual white that holds the brightest value of bands of one type."""
    brightest, kind = 0.0, ""
    for band in bands:
        brightest = max(brightest, float(np.fmax.reduce(band, axis=None)))  # it ignores NaN
        kind = band.dtype.kind
    whites = {"b": (1,), "f": (1, 255)}.get(kind, ())
    usual = (white for white in (*whites, 2**16 - 1, 2**32 - 1) if brightest <= white)
    return next(usual, min(brightest, sys.float_info.max))


def scale_to_8_bits(values: NDArray[np.generic], white: float) -> Pixels:
    """Scales values so that `white` becomes 255; negative ones and NaN become black."""
    if values.dtype == np.uint16:
        table = _scale(np.arange(2**16), white)
        return np.asarray(table[values], np.uint8)
    return _scale(values, white)


def _scale(values: NDArray[np.generic], white: float) -> Pixels:
    numbers = values.astype(np.float64)
    np.fmax(numbers, 0, out=numbers)
    np.fmin(numbers, white, out=numbers)
    numbers *= 255 / white
    pixels: Pixels = np.rint(numbers, out=numbers).astype(np.uint8)
    return pixels


def _check_shape(shape: tuple[int, ...]) -> None:
    problem, remedy = "", ""
    if 0 in shape or not shape:
        problem, remedy = f"an empty array {shape}", "check what it was read from"
    elif len(shape) == 4:
        problem, remedy = f"an array {shape} of several images", "use analyze_many or stream"
    elif len(shape) == 3 and shape[0] < _SMALLEST_CHANNELS_LAST <= shape[2]:
        problem = f"an array {shape} with its channels first"
        remedy = "put them last: array.transpose(1, 2, 0)"
    elif len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] not in (1, 3, 4)):
        problem = f"an array {shape}"
        remedy = "pass (height, width), or (height, width, 3) or 4 of channels"
    if problem:
        raise MediaError(f"{problem} is no image", subject=ARRAY, remedy=remedy)


def _to_bytes(array: NDArray[np.generic]) -> Pixels:
    kind = array.dtype.kind
    if kind not in _KINDS:
        raise MediaError(
            f"{array.dtype} are no brightnesses",
            subject=ARRAY,
            remedy="pass uint8, or floats of 0 to 1",
        )
    if kind in "if" and not bool((array.astype(np.float64) >= 0).all()):
        raise MediaError(
            "it has negative values or NaN",
            subject=ARRAY,
            remedy="undo its normalization: 0 to 1, or 0 to 255",
        )
    if kind in "iu" and array.dtype != np.uint16 and int(array.max()) < 256:
        return array.astype(np.uint8, copy=False)
    return to_8_bits(array)


def _on_white(colors: Pixels, opacity: Pixels) -> Pixels:
    share = opacity.astype(np.uint16)
    mixed = (colors * share + 255 * (255 - share) + 127) // 255
    return mixed.astype(np.uint8)
