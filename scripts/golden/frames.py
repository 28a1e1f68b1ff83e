"""The frames of the golden vectors: drawn, so that no photo lies in the repository."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_ROOT = Path(__file__).parents[2]
_SAMPLE = _ROOT / "src" / "mien" / "server" / "page" / "sample"
_FOLDER = _ROOT / "tests" / "golden" / "frames"

Pixels = NDArray[np.uint8]
Place = tuple[str, int, int, int]
"""A portrait's name, its side, and where its left and top are, in pixels."""


@cache
def load_frame(name: str) -> Pixels:
    """Reads a frame: uint8 (H, W, 3), RGB."""
    return np.asarray(Image.open(_FOLDER / f"{name}.png").convert("RGB"))


def write_frames() -> None:
    """Draws all frames."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    for name, draw in FRAMES.items():
        Image.fromarray(draw()).save(_FOLDER / f"{name}.png", optimize=True)


def _scene(width: int, height: int, *places: Place) -> Pixels:
    """Pastes portraits on a background that is lit from the left."""
    across = np.linspace(60, 180, width).astype(np.uint8)
    scene = Image.fromarray(np.broadcast_to(across[:, None], (height, width, 3)).copy())
    for name, side, left, top in places:
        scene.paste(Image.fromarray(_portrait(name, side)), (left, top))
    return np.asarray(scene)


def _portrait(name: str, side: int) -> Pixels:
    portrait = Image.open(_SAMPLE / f"{name}.webp").convert("RGB")
    return np.asarray(portrait.resize((side, side), Image.Resampling.HAMMING))


def _noise() -> Pixels:
    gray = np.random.default_rng(18).integers(0, 256, (96, 128, 1), np.uint8)
    return np.repeat(gray, 3, axis=2)


FRAMES: dict[str, Callable[[], Pixels]] = {
    "one": lambda: _scene(320, 240, ("ada-happy", 200, 60, 20)),
    "three": lambda: _scene(
        480, 270, ("ben-angry", 190, 10, 30), ("cleo-happy", 110, 220, 90), ("ada-sad", 60, 380, 40)
    ),
    "large": lambda: _scene(
        900, 640, ("ben-surprise", 256, 500, 250), ("cleo-neutral", 96, 90, 60)
    ),
    "small": lambda: _scene(120, 90, ("cleo-happy", 72, 30, 10)),
    "odd": lambda: _scene(301, 227, ("cleo-neutral", 177, 91, 33)),
    "cut": lambda: _scene(240, 200, ("ada-happy", 220, -50, -40)),
    "turned": lambda: np.rot90(_scene(240, 240, ("ben-surprise", 180, 30, 20))).copy(),
    "upside": lambda: np.rot90(_scene(260, 220, ("ada-happy", 190, 40, 20)), 2).copy(),
    "empty": lambda: _scene(160, 120),
    "noise": _noise,
    "portrait-ada": lambda: _portrait("ada-happy", 96),
    "portrait-ben": lambda: _portrait("ben-surprise", 84),
    "portrait-cleo": lambda: _portrait("cleo-neutral", 90),
}
"""What draws each frame, by its name."""
