"""Scenes to learn from: photos in grids and FER2013's crops, of all sizes, turned, on grounds."""

import math
from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
from PIL import Image, ImageFilter
from teachers import Patch

SIDE = 320
"""Of a scene, in pixels."""

_MIRRORED = [1, 0, 2, 4, 3]  # the order of the landmarks in a mirror image
_MIDDLE = 24.0  # of a crop's 48 pixels
_PHOTO = 160  # pixels: the side of most photos
_COVERED = 0.2  # of a face, from which it is neither a face nor none
_SEEN = 0.5  # of a face within the scene, below which the same holds
_LEAST = 8  # pixels: the largest side of a face that is neither

Random = np.random.Generator


@dataclass(slots=True)
class Scene:
    """An image, its faces, and boxes where nothing is to be learned.

    Attributes:
        pixels: uint8 (SIDE, SIDE, 3), RGB.
        faces: box (4,), landmarks (5, 2) and how sure the teacher is, of each.
        ignored: boxes (4,).
    """

    pixels: np.ndarray
    faces: list[tuple[np.ndarray, np.ndarray, float]] = field(default_factory=list)
    ignored: list[np.ndarray] = field(default_factory=list)


def compose(crops: list[Patch], photos: list[Patch], rng: Random) -> Scene:
    """Makes one scene."""
    kind = rng.random()
    scene = Scene(ground(rng, photos, SIDE).copy())
    if kind < 0.5:
        _lay_photos(scene, photos, rng)
    many = rng.integers(0, 9) if kind >= 0.5 else rng.integers(0, 3) if kind > 0.3 else 0
    _scatter_crops(scene, crops, int(many), rng)
    scene.pixels = _disturb(scene.pixels, rng)
    return scene


def _lay_photos(scene: Scene, photos: list[Patch], rng: Random) -> None:
    across = int(rng.choice([1, 1, 2, 2, 3, 4, 5, 7]))
    cell = SIDE / across
    for place in range(across * across):
        patch = photos[rng.integers(len(photos))]
        scale = cell / _PHOTO * (rng.uniform(0.75, 1.15) if across > 1 else rng.uniform(0.5, 1.8))
        x, y = (place % across + 0.5) * cell, (place // across + 0.5) * cell
        if across == 1:
            x, y = rng.uniform(0.2, 0.8, 2) * SIDE
        x, y = x + rng.normal(0, 0.05 * cell), y + rng.normal(0, 0.05 * cell)
        angle = rng.normal(0, 0.12) if rng.random() < 0.7 else rng.uniform(-0.8, 0.8)
        _paste(scene, patch, rng, (x, y), scale, angle, soft=False)


def _scatter_crops(scene: Scene, crops: list[Patch], many: int, rng: Random) -> None:
    taken: list[np.ndarray] = []
    for _ in range(many):
        side = math.exp(rng.uniform(math.log(14), math.log(240)))
        x, y = rng.uniform(0, 1, 2) * SIDE
        box = np.array([x, y, x, y]) + np.array([-1, -1, 1, 1]) * side * 0.6
        overlaps = taken and (covered(box, taken).max() > 0)
        if overlaps or any(covered(other, [box])[0] > 0 for other in taken):
            continue
        taken.append(box)
        patch = crops[rng.integers(len(crops))]
        angle = rng.normal(0, 0.1) if rng.random() < 0.4 else rng.uniform(-0.7, 0.7)
        _paste(scene, patch, rng, (x, y), side / (2 * _MIDDLE), angle, soft=rng.random() < 0.3)


def _disturb(pixels: np.ndarray, rng: Random) -> np.ndarray:
    image = Image.fromarray(pixels)
    if rng.random() < 0.2:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.4)))
    if rng.random() < 0.4:
        file = BytesIO()
        image.save(file, "JPEG", quality=int(rng.integers(35, 95)))
        image = Image.open(file)
    pixels = np.asarray(image)
    if rng.random() < 0.3:
        noise = rng.normal(0, rng.uniform(2, 10), pixels.shape)
        pixels = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    return tone(pixels, rng) if rng.random() < 0.3 else pixels


def tone(image: np.ndarray, rng: Random) -> np.ndarray:
    """Changes gamma, contrast and tint, of a gray or an RGB image; returns uint8 RGB."""
    values = image.astype(np.float32) / 255
    if values.ndim == 2:
        values = np.repeat(values[..., None], 3, 2)
    if rng.random() < 0.6:
        values = values ** math.exp(rng.normal(0, 0.35))
    if rng.random() < 0.5:
        values = (values - 0.5) * math.exp(rng.normal(0, 0.25)) + 0.5 + rng.normal(0, 0.08)
    if rng.random() < 0.6:
        if rng.random() < 0.75:  # as skin: red up, blue down
            tint = np.array([1 + abs(rng.normal(0, 0.15)), 1, 1 - abs(rng.normal(0, 0.2))])
        else:
            tint = np.exp(rng.normal(0, 0.25, 3))
        values = values * tint.astype(np.float32)
    return np.clip(values * 255, 0, 255).astype(np.uint8)


def ground(rng: Random, photos: list[Patch], side: int) -> np.ndarray:
    """Makes a ground without a face: a colour, clouds, a pattern, waves, or part of a photo."""
    kind = rng.random()
    if kind < 0.15:
        return np.full((side, side, 3), rng.integers(0, 256, 3), np.uint8)
    if kind < 0.35:
        blots = int(2 ** rng.uniform(1, 7))
        image = Image.fromarray(rng.integers(0, 256, (blots, blots, 3)).astype(np.uint8))
        hard = rng.random() < 0.3
        way = Image.Resampling.NEAREST if hard else Image.Resampling.BICUBIC
        return np.asarray(image.resize((side, side), way))
    if kind < 0.5:
        period = int(2 ** rng.uniform(2, 6.3))
        tile = rng.integers(0, 256, (period, period, 3)).astype(np.uint8)
        if rng.random() < 0.5:
            tile[:] = tile.mean(2, keepdims=True)
        repeats = side // period + 1
        return np.tile(tile, (repeats, repeats, 1))[:side, :side]
    if kind < 0.62:
        return _waves(rng, side)
    return _ground_of_photo(rng, photos, side)


def _waves(rng: Random, side: int) -> np.ndarray:
    y, x = np.mgrid[:side, :side]
    rate, angle = rng.uniform(0.02, 1.2), rng.uniform(0, math.pi)
    along = x * math.cos(angle) + y * math.sin(angle)
    waves = np.sin(rate * along + rng.uniform(0, 6))
    crossing = np.sin(rng.uniform(0.02, 1) * (y * math.cos(angle) - x * math.sin(angle)))
    waves = waves if rng.random() < 0.5 else waves * crossing
    if rng.random() < 0.4:
        waves = np.sign(waves)
    one, other = rng.integers(0, 256, (2, 3))
    return (one + (other - one) * ((waves[..., None] + 1) / 2)).astype(np.uint8)


def _ground_of_photo(rng: Random, photos: list[Patch], side: int) -> np.ndarray:
    """Enlarges a strip beside or above the faces of a photo."""
    for _ in range(5):
        patch = photos[rng.integers(len(photos))]
        height, width = patch.image.shape[:2]
        left, top = patch.boxes[:, 0].min(), patch.boxes[:, 1].min()
        right = patch.boxes[:, 2].max()
        strips = [(0, 0, left - 4, height), (right + 4, 0, width, height), (0, 0, width, top - 6)]
        wide = [strip for strip in strips if strip[2] - strip[0] >= 20 <= strip[3] - strip[1]]
        if wide:
            strip = tuple(int(edge) for edge in wide[rng.integers(len(wide))])
            image = Image.fromarray(tone(patch.image, rng)).crop(strip)
            return np.asarray(image.resize((side, side), Image.Resampling.BICUBIC))
    return np.full((side, side, 3), rng.integers(0, 256, 3), np.uint8)


def covered(box: np.ndarray, boxes: list[np.ndarray]) -> np.ndarray:
    """Returns which share of each of some boxes lies in a box."""
    others = np.asarray(boxes)
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    areas = np.maximum((others[:, 2:] - others[:, :2]).prod(1), 1)
    return np.maximum(high - low, 0).prod(1) / areas


def _paste(
    scene: Scene,
    patch: Patch,
    rng: Random,
    middle: tuple[float, float],
    scale: float,
    angle: float,
    soft: bool,
) -> None:
    """Puts a patch with its middle somewhere, and adds its faces to the scene's."""
    image = tone(patch.image, rng)
    height, width = image.shape[:2]
    mirrored = rng.random() < 0.5
    reach = np.hypot(width, height) * scale / 2 + 2
    (x, y), cos, sin = middle, math.cos(angle), math.sin(angle)
    left, top = max(int(x - reach), 0), max(int(y - reach), 0)
    right, bottom = min(int(x + reach) + 1, SIDE), min(int(y + reach) + 1, SIDE)
    if right - left < 3 or bottom - top < 3:
        return
    a, b = np.array([[cos, sin], [-sin, cos]]) / scale
    back = (a[0], a[1], width / 2 - a @ (x, y), b[0], b[1], height / 2 - b @ (x, y))
    source = Image.fromarray(image[:, ::-1] if mirrored else image)
    if scale < 0.5:  # by area first
        factor = min(2 ** int(math.log2(1 / scale) + 0.01), 8)
        if factor > 1:
            source, back = source.reduce(factor), tuple(value / factor for value in back)
    back = (
        *back[:2],
        back[2] + back[0] * left + back[1] * top,
        *back[3:5],
        back[5] + back[3] * left + back[4] * top,
    )
    size, way = (right - left, bottom - top), Image.Transform.AFFINE
    fine = rng.random() < 0.8
    filter_ = Image.Resampling.BICUBIC if fine else Image.Resampling.BILINEAR
    part = np.asarray(source.transform(size, way, back, filter_))
    mask = Image.fromarray(_mask(source.size, soft, rng))
    share = (
        np.asarray(mask.transform(size, way, back, Image.Resampling.BILINEAR))[..., None] / 255.0
    )
    under = scene.pixels[top:bottom, left:right]
    scene.pixels[top:bottom, left:right] = (under * (1 - share) + part * share).astype(np.uint8)
    _cover(scene, np.array([-width, -height, width, height]) * scale / 2 + (x, y, x, y))
    for box, marks, sure in zip(patch.boxes, patch.marks, patch.sure, strict=True):
        _add(scene, box.copy(), marks.copy(), sure, (width, height), mirrored, middle, scale, angle)


def _mask(size: tuple[int, int], soft: bool, rng: Random) -> np.ndarray:
    mask = np.full(size[::-1], 255, np.uint8)
    if soft and min(size) > 8:
        edge = max(1, int(min(size) * rng.uniform(0.03, 0.12)))
        mask[:] = 0
        mask[edge:-edge, edge:-edge] = 255
        mask = np.asarray(Image.fromarray(mask).filter(ImageFilter.GaussianBlur(edge / 1.5)))
    return mask


def _cover(scene: Scene, area: np.ndarray) -> None:
    """Sets aside the faces that a new patch lies on."""
    if scene.faces:
        shares = covered(area, [face[0] for face in scene.faces])
        for number in reversed(range(len(shares))):
            if shares[number] > _COVERED:
                scene.ignored.append(scene.faces.pop(number)[0])


def _add(
    scene: Scene,
    box: np.ndarray,
    marks: np.ndarray,
    sure: float,
    of: tuple[int, int],
    mirrored: bool,
    middle: tuple[float, float],
    scale: float,
    angle: float,
) -> None:
    """Adds one face of a patch; a turned face's box keeps its size."""
    width, cos, sin = of[0], math.cos(angle), math.sin(angle)
    if mirrored:
        box[[0, 2]] = width - box[[2, 0]]
        marks[:, 0] = width - marks[:, 0]
        marks = marks[_MIRRORED]
    center = np.array(of) / 2
    away, size = (box[:2] + box[2:]) / 2 - center, (box[2:] - box[:2]) * scale
    to = np.array([cos * away[0] - sin * away[1], sin * away[0] + cos * away[1]]) * scale + middle
    size = size * np.array([1 + 0.25 * abs(sin) * (size[1] / size[0] - 1), 1])
    points = (marks - center) * scale
    points = np.stack(
        [cos * points[:, 0] - sin * points[:, 1], sin * points[:, 0] + cos * points[:, 1]], 1
    )
    placed = np.concatenate([to - size / 2, to + size / 2])
    seen = covered(np.array([0, 0, SIDE, SIDE]), [placed])[0]
    if sure < 0.5 or seen < _SEEN or size.max() < _LEAST:
        scene.ignored.append(placed)
    else:
        scene.faces.append((placed, points + middle, float(sure)))
