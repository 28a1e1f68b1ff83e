"""Simulated users who show a few poses, again and again, as before a camera."""

import numpy as np
from PIL import Image

from mien.inference.model_card import FACE_SIZE
from mien.personalization.samples import Samples
from personalize.users import STRANGERS, Faces, User, see

POSES = 10
_VIEWS = 3
_TURN, _ZOOM, _SHIFT, _LIGHT = 12.0, 0.15, 5.0, 0.3  # degrees, shares, pixels, shares


def posers(
    pool: Samples, faces: Faces, model: str, count: int, rng: np.random.Generator
) -> list[User]:
    """Draws users who teach ten faces, and show each three times more.

    Args:
        pool: what the model sees of N faces.
        faces: their pixels.
        model: its name.
        count: of users.
        rng: draws them.
    """
    users = []
    for _ in range(count):
        own, others = np.split(rng.permutation(len(pool)), [POSES])
        again = np.repeat(own, _VIEWS)
        views = np.stack([view(face, rng) for face in faces[again]])
        unseen = see(model, views, pool.labels[again])
        users.append(User(pool.take(own), unseen, pool.take(others[:STRANGERS])))
    return users


def view(face: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Returns a face a little turned, nearer or farther, aside, and in another light."""
    turn, zoom = np.radians(rng.uniform(-_TURN, _TURN)), 1 + rng.uniform(-_ZOOM, _ZOOM)
    cos, sin = np.cos(turn) / zoom, np.sin(turn) / zoom
    centre = FACE_SIZE + FACE_SIZE / 2 + rng.uniform(-_SHIFT, _SHIFT, 2)
    rows = [(cos, -sin), (sin, cos)]
    places = [middle - FACE_SIZE / 2 * sum(row) for middle, row in zip(centre, rows, strict=True)]
    wide = Image.fromarray(np.pad(face, FACE_SIZE, mode="reflect"))
    affine = tuple(
        value for row, place in zip(rows, places, strict=True) for value in (*row, place)
    )
    size, mode = (FACE_SIZE, FACE_SIZE), Image.Transform.AFFINE
    seen = np.asarray(wide.transform(size, mode, affine, Image.Resampling.BILINEAR), np.float32)
    contrast, brightness = 1 + rng.uniform(-_LIGHT, _LIGHT, 2)
    lit = (seen - seen.mean()) * contrast + seen.mean() * brightness
    return np.clip(lit, 0, 255).astype(np.uint8)
