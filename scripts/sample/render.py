"""Draws people: follows a ray through each pixel to the surface, and lights what it meets."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .head import CLOTH, HAIR, SKIN, Head
from .paint import Colors, Painter, linear
from .solids import Floats, Points, step

_NEAR, _FAR = 1.15, -1.3  # z where rays start and end
_STEPS = 60
_HIT = 0.0025  # the distance at which a ray has arrived
_STRIDE = 0.008  # the least step, so that no ray slides along a surface for long
_ROUGH, _MARGIN = 4, 0.06  # every fourth ray tells where those around it start, with a margin
_CHUNK = 65_536  # rays at a time
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
    x = ((columns + 0.5 - place.x) / place.scale).astype(np.float32)
    y = ((place.y - rows - 0.5) / place.scale).astype(np.float32)
    rays = Points(x, y, _starts(head, x, y))
    near = rays.taken(rays.z > _FAR)
    part = image[top:, left:right]
    colors = part[rays.z > _FAR]
    for start in range(0, len(colors), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        hit, points = _trace(head, Points(near.x[chunk], near.y[chunk], near.z[chunk]))
        if hit.any():
            colors[chunk][hit] = _shade(head, points)
    part[rays.z > _FAR] = colors


def _starts(head: Head, x: Floats, y: Floats) -> Floats:
    """Where each ray starts: just before what the rays around it meet; _FAR if they meet nothing."""
    rough = x[::_ROUGH, ::_ROUGH]
    z = np.full_like(rough, _FAR)
    start = np.full(rough.size, _NEAR, np.float32)
    hit, points = _trace(head, Points(rough.ravel(), y[::_ROUGH, ::_ROUGH].ravel(), start))
    z.ravel()[hit] = points.z + _MARGIN
    around = sliding_window_view(np.pad(z, 1, constant_values=_FAR), (3, 3)).max((2, 3))
    return around.repeat(_ROUGH, 0).repeat(_ROUGH, 1)[: x.shape[0], : x.shape[1]]


def _trace(head: Head, rays: Points) -> tuple[NDArray[np.bool_], Points]:
    """Follows rays away from the viewer. Returns which meet the person, and where."""
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
    return color * (1 + 0.35 * pattern)[:, None], 0.18 + 0.12 * pattern


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
