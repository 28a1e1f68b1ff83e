"""Colors in linear light, and how one is laid over another."""

import numpy as np
from numpy.typing import NDArray

from .solids import Floats

Colors = NDArray[np.float32]
"""(n, 3), linear RGB."""

_GAMMA = 2.2


def linear(color: str) -> Colors:
    """Returns a hexadecimal color as linear RGB, of shape (3,)."""
    values = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)], np.float32) / 255
    return (values**_GAMMA).astype(np.float32)


def encode(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Returns linear RGB as the bytes that a screen expects."""
    return (np.clip(image, 0, 1) ** (1 / _GAMMA) * 255 + 0.5).astype(np.uint8)


def mix(colors: Colors, layer: Colors, mask: Floats) -> Colors:
    """Lays a color, or a color for each point, over others; the mask is its opacity, 0 to 1."""
    return colors + (layer - colors) * mask[:, None]


def tint(color: Colors, red: float, green: float, blue: float) -> Colors:
    """Returns a color with each channel scaled."""
    return color * np.array([red, green, blue], np.float32)
