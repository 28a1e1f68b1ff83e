"""Signed distances to simple solids, and smooth unions and subtractions of them.

Method: I. Quilez, "Distance functions" and "Smooth minimum". A head is about 2 units high; x points
to the viewer's right, y up, z to the viewer. Arrays are float32 of any one shape.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Points:
    """Points, or directions, in space.

    Attributes:
        x, y, z: their coordinates.
    """

    x: Floats
    y: Floats
    z: Floats

    def mirrored(self) -> "Points":
        """Returns the points with the left half folded onto the right."""
        return Points(np.abs(self.x), self.y, self.z)

    def moved(self, direction: "Points", length: float) -> "Points":
        """Returns the points moved along a direction."""
        return Points(
            self.x + direction.x * length,
            self.y + direction.y * length,
            self.z + direction.z * length,
        )

    def rotated(self, matrix: NDArray[np.float32], pivot: Triple) -> "Points":
        """Returns the points rotated about `pivot` by a matrix (3, 3)."""
        x, y, z = self.x - pivot[0], self.y - pivot[1], self.z - pivot[2]
        return Points(
            *(a * x + b * y + c * z + p for (a, b, c), p in zip(matrix, pivot, strict=True))
        )

    def select(self, mask: NDArray[np.bool_]) -> "Points":
        """Returns the points of which the mask is true."""
        return Points(self.x[mask], self.y[mask], self.z[mask])

    def dot(self, other: "Points") -> Floats:
        """The dot product of each with the other's."""
        return self.x * other.x + self.y * other.y + self.z * other.z

    def normalized(self) -> "Points":
        """Returns directions of length 1."""
        length = np.sqrt(self.x**2 + self.y**2 + self.z**2) + np.float32(1e-6)
        return Points(self.x / length, self.y / length, self.z / length)


def ellipsoid(points: Points, center: Triple, radii: Triple) -> Floats:
    """The distance to an ellipsoid: exact at its surface, approximate elsewhere."""
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


def union(first: Floats, second: Floats, blend: float) -> Floats:
    """The union of two solids, with a seam rounded over `blend`."""
    near = np.maximum(blend - np.abs(first - second), 0)
    return np.minimum(first, second) - near * near * np.float32(0.25 / blend)


def subtract(solid: Floats, hole: Floats, blend: float) -> Floats:
    """The solid without the hole, with an edge rounded over `blend`."""
    return -union(-solid, hole, blend)


def smoothstep(value: Floats, start: float, end: float) -> Floats:
    """Rises smoothly from 0 at `start` to 1 at `end`; falls if `end` is the smaller."""
    share = np.clip((value - start) * np.float32(1 / (end - start)), 0, 1)
    return share * share * (3 - 2 * share)


def bell(value: Floats, width: float) -> Floats:
    """A bell curve of height 1 about 0."""
    scaled = value * np.float32(1 / width)
    return np.exp(-scaled * scaled)
