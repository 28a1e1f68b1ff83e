"""Signed distances to simple solids, and how they are joined.

Method: I. Quilez, "Distance functions" and "Smooth minimum". Lengths are in heads: a head is about 2
high, x points to the viewer's right, y up, z to the viewer. Arrays are float32 of any one shape.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Points:
    """Points in space.

    Attributes:
        x, y, z: their coordinates.
    """

    x: Floats
    y: Floats
    z: Floats

    def mirrored(self) -> "Points":
        """Returns the points with the left half folded onto the right."""
        return Points(np.abs(self.x), self.y, self.z)

    def moved(self, by: "Points", length: Floats | float) -> "Points":
        """Returns the points moved along the directions `by`."""
        return Points(self.x + by.x * length, self.y + by.y * length, self.z + by.z * length)

    def turned(self, matrix: NDArray[np.float32], pivot: Triple) -> "Points":
        """Returns the points turned about `pivot` by a matrix (3, 3)."""
        x, y, z = self.x - pivot[0], self.y - pivot[1], self.z - pivot[2]
        rows = [a * x + b * y + c * z + origin for (a, b, c), origin in zip(matrix, pivot, strict=True)]
        return Points(*rows)

    def taken(self, where: NDArray[np.bool_]) -> "Points":
        """Returns those points of which `where` is true."""
        return Points(self.x[where], self.y[where], self.z[where])


def ellipsoid(points: Points, center: Triple, radii: Triple) -> Floats:
    """The distance to an ellipsoid; exact at its surface, near enough elsewhere."""
    x = (points.x - center[0]) * np.float32(1 / radii[0])
    y = (points.y - center[1]) * np.float32(1 / radii[1])
    z = (points.z - center[2]) * np.float32(1 / radii[2])
    scaled = np.sqrt(x * x + y * y + z * z)
    x *= np.float32(1 / radii[0])
    y *= np.float32(1 / radii[1])
    z *= np.float32(1 / radii[2])
    slope = np.sqrt(x * x + y * y + z * z) + np.float32(1e-6)
    return scaled * (scaled - 1) / slope


def cone(points: Points, start: Triple, end: Triple, radii: tuple[float, float]) -> Floats:
    """The distance to a rod with round ends whose radius changes from `start` to `end`."""
    ax, ay, az = (b - a for a, b in zip(start, end, strict=True))
    x, y, z = points.x - start[0], points.y - start[1], points.z - start[2]
    along = np.clip((x * ax + y * ay + z * az) / (ax * ax + ay * ay + az * az), 0, 1)
    x -= along * ax
    y -= along * ay
    z -= along * az
    return np.sqrt(x * x + y * y + z * z) - (radii[0] + along * (radii[1] - radii[0]))


def join(first: Floats, second: Floats, blend: float) -> Floats:
    """The union of two solids, with a seam rounded over `blend`."""
    near = np.maximum(blend - np.abs(first - second), 0)
    return np.minimum(first, second) - near * near * np.float32(0.25 / blend)


def carve(solid: Floats, hole: Floats, blend: float) -> Floats:
    """The solid without the hole, with an edge rounded over `blend`."""
    return -join(-solid, hole, blend)


def step(value: Floats, start: float, end: float) -> Floats:
    """Rises smoothly from 0 at `start` to 1 at `end`; falls if `end` is the smaller."""
    share = np.clip((value - start) * np.float32(1 / (end - start)), 0, 1)
    return share * share * (3 - 2 * share)


def bell(value: Floats, width: float) -> Floats:
    """A bell curve of height 1 about 0."""
    scaled = value * np.float32(1 / width)
    return np.exp(-scaled * scaled)
