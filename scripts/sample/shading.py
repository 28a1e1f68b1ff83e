"""Colors and lights the surface of a person."""

import numpy as np
from numpy.typing import NDArray

from .colors import Colors, linear
from .face import Face
from .head import CLOTH, HAIR, SKIN, Head
from .solids import Floats, Points, smoothstep

_EPSILON, _EPSILON_RELIEF = 0.004, 0.006  # over which slopes are measured
_TOWARD_LIGHT = np.array([-0.45, 0.55, 0.70]) / np.linalg.norm([-0.45, 0.55, 0.70])
_KEY, _SKY, _ROOM, _RIM = (
    np.array(color, np.float32)
    for color in ((1, 0.94, 0.86), (0.3, 0.34, 0.4), (0.16, 0.141, 0.128), (0.22, 0.24, 0.3))
)
_AXES = tuple(Points(*axis) for axis in np.eye(3, dtype=np.float32))
_LIGHT = Points(*_TOWARD_LIGHT.astype(np.float32))
_VIEW = _AXES[2]


def shade(head: Head, points: Points) -> Colors:
    """Returns the light that points of a person's surface send to the viewer: (n, 3), linear."""
    distances = np.array(head.distances(points))
    material, nearest = distances.argmin(axis=0), distances.min(axis=0)
    inside, normal = head.to_head(points), _normal(head, points, nearest)
    skin, hair = material == SKIN, material == HAIR
    face = Face(head.person, head.expression)
    colors = np.empty((len(material), 3), np.float32)
    gloss = np.zeros(len(material), np.float32)
    on_face = inside.select(skin)
    colors[skin], gloss[skin] = face.colors(on_face), face.gloss(on_face)
    colors[hair], gloss[hair] = _strands(head, inside.select(hair))
    colors[material == CLOTH] = linear(head.person.shirt)
    normal = _embossed(head, face, inside, normal, skin)
    shadow, occlusion = _shadow(head, points), _occlusion(head, points, normal)
    shine = _shine(normal, shadow) * gloss
    return colors * _diffuse(normal, shadow, occlusion, skin) + shine[:, None]


def _normal(head: Head, points: Points, nearest: Floats) -> Points:
    slopes = (head.distance(points.moved(axis, _EPSILON)) - nearest for axis in _AXES)
    return Points(*slopes).normalized()


def _embossed(
    head: Head, face: Face, inside: Points, normal: Points, skin: NDArray[np.bool_]
) -> Points:
    """The normals tilted by the relief of the painted face (bump mapping)."""
    on_face = inside.select(skin)
    base = face.relief(on_face)
    across, up = (face.relief(on_face.moved(axis, _EPSILON_RELIEF)) - base for axis in _AXES[:2])
    slope = Points(across / _EPSILON_RELIEF, up / _EPSILON_RELIEF, np.zeros_like(base))
    slope = head.to_room(slope)
    x, y, z = normal.x.copy(), normal.y.copy(), normal.z.copy()
    x[skin] -= slope.x
    y[skin] -= slope.y
    z[skin] -= slope.z
    return Points(x, y, z).normalized()


def _strands(head: Head, points: Points) -> tuple[Colors, Floats]:
    """The colors and the gloss of hair."""
    x, y, z, curls = points.x, points.y, points.z, head.person.curls
    angle = np.arctan2(x - 0.08, z + 0.45)
    straight = np.sin(angle * 61 + 2 * np.sin(y * 5)) * np.sin(angle * 27 + y * 3)
    curly = np.sin(x * 22 + 2 * np.sin(y * 17)) * np.sin(y * 24 + z * 15)
    pattern = (1 - curls) * straight + 0.6 * curls * curly
    color = linear(head.person.hair)
    return color * (1 + 0.35 * pattern)[:, None], 0.18 + 0.12 * pattern


def _shadow(head: Head, points: Points) -> Floats:
    """How much of the key light arrives, 0.25 to 1: less where something is near on the way."""
    share = np.ones_like(points.x)
    for length in (0.06, 0.14, 0.28, 0.5):
        share = np.minimum(share, head.distance(points.moved(_LIGHT, length)) * (5 / length))
    return 0.25 + 0.75 * np.clip(share + 0.25, 0, 1)


def _occlusion(head: Head, points: Points, normal: Points) -> Floats:
    """How much of the light of the surroundings arrives, 0.25 to 1 (ambient occlusion)."""
    share = np.ones_like(points.x)
    for length, weight in ((0.05, 3.0), (0.16, 1.6)):
        share -= weight * np.maximum(length - head.distance(points.moved(normal, length)), 0)
    return np.clip(share, 0.25, 1)


def _diffuse(normal: Points, shadow: Floats, occlusion: Floats, skin: NDArray[np.bool_]) -> Colors:
    """The light that arrives: a key light, the sky, the room and a rim of light at the right."""
    facing = normal.dot(_LIGHT)
    key = np.clip((facing + 0.25) / 1.25, 0, 1) * shadow
    keys = np.stack([key, key, key], axis=1)
    # Red light spreads under skin, into the shade.
    keys[skin, 0] = (np.clip((facing + 0.45) / 1.45, 0, 1) * shadow)[skin]
    sky = (0.5 + 0.5 * normal.y) * occlusion
    rim = smoothstep(1 - normal.z, 0.5, 1.0) * np.clip(normal.x, 0, 1) * occlusion
    layers = ((sky, _SKY), (occlusion, _ROOM), (rim, _RIM))
    return keys * _KEY + sum(layer[:, None] * color for layer, color in layers)


def _shine(normal: Points, shadow: Floats) -> Floats:
    """The reflection of the key light (Blinn and Phong)."""
    half = Points(_LIGHT.x + _VIEW.x, _LIGHT.y + _VIEW.y, _LIGHT.z + _VIEW.z).normalized()
    return np.clip(normal.dot(half), 0, 1) ** 24 * shadow
