"""Draws people by sphere tracing: follows rays through each pixel to the surface they meet.

Method: J. C. Hart, "Sphere tracing: a geometric method for the antialiased ray tracing of implicit
surfaces", The Visual Computer 12, 1996. The view is parallel: all rays run along -z.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .colors import Colors
from .head import Head
from .shading import shade
from .solids import Floats, Points

_NEAR, _FAR = 1.15, -1.3  # z where rays start and end
_STEPS = 60
_HIT = 0.0025  # the distance at which a ray has arrived
_STRIDE = 0.008  # the least step, so that no ray slides along a surface for long
_ROUGH, _MARGIN = 3, 0.1  # every third ray tells where those around it start, with a margin
_CONTRAST = 0.06  # from which a pixel takes four rays
_CORNERS = ((-1, -1), (-1, 1), (1, -1), (1, 1))
_CHUNK = 65_536  # rays at a time


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person is in an image.

    Attributes:
        x, y: the middle of the head, in pixels.
        scale: pixels a unit of length; a head is about 2 units high.
    """

    x: float
    y: float
    scale: float


def draw(image: NDArray[np.float32], head: Head, place: Place) -> None:
    """Draws a person into a linear RGB image (H, W, 3), in place."""
    height, width = image.shape[:2]
    left = max(int(place.x - 2.2 * place.scale), 0)
    right = min(int(place.x + 2.2 * place.scale), width)
    top = max(int(place.y - 1.7 * place.scale), 0)
    rows, columns = np.mgrid[top:height, left:right]
    x = ((columns + 0.5 - place.x) / place.scale).astype(np.float32)
    y = ((place.y - rows - 0.5) / place.scale).astype(np.float32)
    rays = Points(x, y, _starts(head, x, y))
    part = image[top:, left:right]
    behind = part.copy()
    near = rays.z > _FAR
    part[near] = _colors(head, rays.select(near), behind[near])
    edges = near & (_contrast(part) > _CONTRAST)
    rays, behind = rays.select(edges), behind[edges]
    shift = np.float32(0.25 / place.scale)
    corners = (Points(rays.x + i * shift, rays.y + j * shift, rays.z) for i, j in _CORNERS)
    part[edges] = np.mean([_colors(head, corner, behind) for corner in corners], axis=0)


def _contrast(image: NDArray[np.float32]) -> Floats:
    """How much each pixel differs from the four beside it, as the eye sees it."""
    seen = np.sqrt(image.mean(2))
    across, down = np.abs(np.diff(seen, axis=1)), np.abs(np.diff(seen, axis=0))
    contrast = np.zeros_like(seen)
    for side in (contrast[:, 1:], contrast[:, :-1]):
        np.maximum(side, across, out=side)
    for side in (contrast[1:], contrast[:-1]):
        np.maximum(side, down, out=side)
    return contrast


def _starts(head: Head, x: Floats, y: Floats) -> Floats:
    """Where each ray starts, in z: just before the surface around it; _FAR if there is none."""
    rough = x[::_ROUGH, ::_ROUGH]
    start = np.full(rough.size, _NEAR, np.float32)
    hit, points = _trace(head, Points(rough.ravel(), y[::_ROUGH, ::_ROUGH].ravel(), start))
    z = np.full_like(rough, _FAR)
    z.ravel()[hit] = points.z + _MARGIN
    around = sliding_window_view(np.pad(z, 1, constant_values=_FAR), (3, 3)).max((2, 3))
    return around.repeat(_ROUGH, 0).repeat(_ROUGH, 1)[: x.shape[0], : x.shape[1]]


def _colors(head: Head, rays: Points, behind: Colors) -> Colors:
    """The color that each ray meets, on the person or behind."""
    colors = behind.copy()
    for first in range(0, len(colors), _CHUNK):
        chunk = slice(first, first + _CHUNK)
        hit, points = _trace(head, Points(rays.x[chunk], rays.y[chunk], rays.z[chunk]))
        colors[chunk][hit] = shade(head, points)
    return colors


def _trace(head: Head, rays: Points) -> tuple[NDArray[np.bool_], Points]:
    """Follows rays. Returns which meet the person, and where."""
    x, y, z = rays.x, rays.y, rays.z.copy()
    hit = np.zeros(len(x), bool)
    alive = np.arange(len(x))
    for _ in range(_STEPS):
        distance = head.distance(Points(x[alive], y[alive], z[alive]))
        z[alive] -= np.maximum(distance, _STRIDE)
        hit[alive[distance < _HIT]] = True
        alive = alive[(distance >= _HIT) & (z[alive] > _FAR)]
        if not len(alive):
            break
    met = Points(x[hit], y[hit], z[hit])
    return hit, Points(met.x, met.y, met.z - head.distance(met))
