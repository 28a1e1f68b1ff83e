"""The image that people are drawn on: a plain wall, with several rays for each pixel."""

import numpy as np
from numpy.typing import NDArray

from .colors import encode, linear
from .head import Head
from .render import Place, draw

Pixels = NDArray[np.uint8]

_OVERSAMPLING = 2  # rays a pixel and direction


class Canvas:
    """An image in the making.

    Args:
        width, height: in pixels.
        wall: the colors of the wall behind the heads and in the corners.
    """

    def __init__(self, width: int, height: int, wall: tuple[str, str]) -> None:
        self._width, self._height = width, height
        rows, columns = np.mgrid[: height * _OVERSAMPLING, : width * _OVERSAMPLING]
        across = columns.astype(np.float32) / (width * _OVERSAMPLING) - 0.5
        down = rows.astype(np.float32) / (height * _OVERSAMPLING) - 0.35
        away = np.clip(np.hypot(across * 1.1, down) * 1.25, 0, 1)[..., None]
        light, dark = (linear(color) for color in wall)
        self._image = light + (dark - light) * away

    def draw(self, head: Head, place: Place) -> None:
        """Draws a person, over those drawn before."""
        enlarged = (_OVERSAMPLING * value for value in (place.x, place.y, place.scale))
        draw(self._image, head, Place(*enlarged))

    def pixels(self) -> Pixels:
        """Returns the image: uint8 (height, width, 3), RGB."""
        shape = (self._height, _OVERSAMPLING, self._width, _OVERSAMPLING, 3)
        return encode(self._image.reshape(shape).mean((1, 3)))
