"""The image that people are drawn on: a plain wall, brightest behind the heads."""

import numpy as np
from numpy.typing import NDArray

from .colors import encode, linear
from .head import Head
from .render import Place, draw

Pixels = NDArray[np.uint8]


class Canvas:
    """An image in the making.

    Args:
        width, height: in pixels.
        wall: the colors of the wall behind the heads and in the corners.
    """

    def __init__(self, width: int, height: int, wall: tuple[str, str]) -> None:
        rows, columns = np.mgrid[:height, :width].astype(np.float32)
        away = np.hypot((columns / width - 0.5) * 1.1, rows / height - 0.35)
        light, dark = (linear(color) for color in wall)
        self._image = light + (dark - light) * np.clip(away * 1.25, 0, 1)[..., None]

    def draw(self, head: Head, place: Place) -> None:
        """Draws a person, over those drawn before."""
        draw(self._image, head, place)

    def pixels(self) -> Pixels:
        """Returns the image: uint8 (height, width, 3), RGB."""
        return encode(self._image)
