"""Draws people: follows a ray through each pixel to the surface, and lights what it meets."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .head import CLOTH, HAIR, SKIN, Head
from .paint import Colors, Painter, linear
from .solids import Floats, Points, step

_NEAR, _FAR = 1.15, -1.3  # z where rays start and end
_STEPS = 56
_HIT = 0.0025  # the distance at which a ray has arrived
_GRAZED = 0.03  # the same for a ray that slides along a surface until its steps are used up
_CHUNK = 16_384  # rays at a time: fits a processor's cache
_EPSILON = 0.004
_LIGHT = np.float32([-0.45, 0.55, 0.70]) / np.float32(np.sqrt(0.45**2 + 0.55**2 + 0.7**2))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person stands in an image.

    Attributes:
        x, y: the middle of the head, in pixels.
        scale: pixels a length of 1.
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
    x = ((columns + 0.5 - place.x) / place.scale).astype(np.float32).ravel()
    y = ((place.y - rows - 0.5) / place.scale).astype(np.float32).ravel()
    part = image[top:, left:right].reshape(-1, 3).copy()
    for start in range(0, len(x), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        hit, colors = _colors(head, x[chunk], y[chunk])
        part[chunk][hit] = colors
    image[top:, left:right] = part.reshape(height - top, right - left, 3)


def _colors(head: Head, x: Floats, y: Floats) -> tuple[NDArray[np.bool_], Colors]:
    """Which rays meet the person, and the colors of those."""
    z = np.full_like(x, _NEAR)
    hit = np.zeros(len(x), bool)
    alive = np.arange(len(x))
    for _ in range(_STEPS):
        distance = head.distance(Points(x[alive], y[alive], z[alive]))
        z[alive] -= distance
        met = distance < _HIT
        hit[alive[met]] = True
        alive = alive[~met & (z[alive] > _FAR)]
        if not len(alive):
            break
    hit[alive] = head.distance(Points(x[alive], y[alive], z[alive])) < _GRAZED
    if not hit.any():
        return hit, np.zeros((0, 3), np.float32)
    return hit, _shade(head, Points(x[hit], y[hit], z[hit]))


def _shade(head: Head, points: Points) -> Colors:
    distances = np.array(head.distances(points))
    kind = distances.argmin(axis=0)
    nearest = distances.min(axis=0)
    normal = _normal(head, points, nearest)
    inside = head.to_head(points)
    painter = Painter(head.person, head.expression)
    albedo = np.empty((len(kind), 3), np.float32)
    gloss = np.zeros(len(kind), np.float32)
    skin = kind == SKIN
    albedo[skin] = painter.skin(inside.taken(skin))
    gloss[skin] = 0.12
    normal = _tilted(head, painter, inside, normal, skin)
    hair = kind == HAIR
    albedo[hair], gloss[hair] = _strands(head, inside.taken(hair))
    albedo[kind == CLOTH] = linear(head.person.shirt)
    return _lit(head, points, normal, albedo, gloss, skin)


def _normal(head: Head, points: Points, nearest: Floats) -> Points:
    slopes = [
        head.distance(points.moved(Points(*np.float32(axis)), _EPSILON)) - nearest
        for axis in np.eye(3)
    ]
    return _unit(Points(*slopes))


def _unit(vectors: Points) -> Points:
    length = np.sqrt(vectors.x**2 + vectors.y**2 + vectors.z**2) + np.float32(1e-6)
    return Points(vectors.x / length, vectors.y / length, vectors.z / length)


def _tilted(
    head: Head, painter: Painter, inside: Points, normal: Points, skin: NDArray[np.bool_]
) -> Points:
    """The normals with the painted relief."""
    face = inside.taken(skin)
    step_ = np.float32(0.006)
    base = painter.relief(face)
    across = painter.relief(Points(face.x + step_, face.y, face.z)) - base
    up = painter.relief(Points(face.x, face.y + step_, face.z)) - base
    slope = head.to_room(Points(across / step_, up / step_, np.zeros_like(base)))
    x, y, z = normal.x.copy(), normal.y.copy(), normal.z.copy()
    x[skin] -= slope.x
    y[skin] -= slope.y
    z[skin] -= slope.z
    return _unit(Points(x, y, z))


def _strands(head: Head, points: Points) -> tuple[Colors, Floats]:
    """The colors and the gloss of hair."""
    angle = np.arctan2(points.x - 0.08, points.z + 0.45)
    straight = np.sin(angle * 61 + 2 * np.sin(points.y * 5)) * np.sin(angle * 27 + points.y * 3)
    curly = np.sin(points.x * 22 + 2 * np.sin(points.y * 17)) * np.sin(points.y * 24 + points.z * 15)
    curls = head.person.curls
    pattern = (1 - curls) * straight + curls * curly
    color = linear(head.person.hair)
    return color * (1 + 0.35 * pattern)[:, None], 0.25 + 0.15 * pattern


def _lit(
    head: Head, points: Points, normal: Points, albedo: Colors, gloss: Floats, flesh: NDArray[np.bool_]
) -> Colors:
    """Lights surfaces with a key light, the sky, and what shines through skin."""
    toward = Points(*_LIGHT)
    facing = normal.x * toward.x + normal.y * toward.y + normal.z * toward.z
    shadow = np.ones_like(facing)
    for length in (0.06, 0.14, 0.28, 0.5):
        shadow = np.minimum(shadow, head.distance(points.moved(toward, length)) * (5 / length))
    shadow = 0.25 + 0.75 * np.clip(shadow + 0.25, 0, 1)
    open_ = np.ones_like(facing)
    for length, weight in ((0.05, 3.0), (0.16, 1.6)):
        open_ -= weight * np.maximum(length - head.distance(points.moved(normal, length)), 0)
    open_ = np.clip(open_, 0.25, 1)
    wrap = np.clip((facing + 0.25) / 1.25, 0, 1) * shadow
    key = np.stack([wrap, wrap, wrap], axis=1)
    soft = np.clip((facing + 0.45) / 1.45, 0, 1) * shadow
    key[flesh, 0] = soft[flesh]
    sky = (0.5 + 0.5 * normal.y) * open_
    rim = step(1 - normal.z, 0.5, 1.0) * np.clip(normal.x, 0, 1) * open_
    light = (
        key * np.float32([1.0, 0.94, 0.86])
        + sky[:, None] * np.float32([0.30, 0.34, 0.40])
        + (0.16 * open_)[:, None] * np.float32([1.0, 0.88, 0.80])
        + rim[:, None] * np.float32([0.22, 0.24, 0.30])
    )
    halfway_z = np.float32(np.sqrt((1 + _LIGHT[2]) / 2))
    middle = (_LIGHT + np.float32([0, 0, 1])) / (2 * halfway_z)
    shine = np.clip(normal.x * middle[0] + normal.y * middle[1] + normal.z * middle[2], 0, 1) ** 24
    return albedo * light + (gloss * shine * shadow)[:, None]
