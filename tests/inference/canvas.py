"""Synthetic videos: faces of FER2013 that move over a background, on any clock."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from mien.inference.media.images import Frame

WIDTH, HEIGHT = 640, 360

# Rows of fer2013.parquet that the detector finds, of people who do not look alike.
ROWS = (22328, 4338, 2946, 28103, 30733, 13193, 2864, 22687, 11495, 28573, 16146, 6302)

Place = tuple[float, float, float]
"""The middle of a face and its side, in pixels."""


@cache
def faces(data: Path) -> list[Image.Image]:
    """The faces of `ROWS`, as FER2013 has them."""
    images = pq.read_table(data / "fer2013" / "fer2013.parquet", columns=["image"])["image"]
    return [Image.open(BytesIO(images[row].as_py())).convert("L") for row in ROWS]


@dataclass(frozen=True)
class Actor:
    """A face on its way: `path` gives its place at a time, or None where it is out of sight."""

    face: Image.Image
    path: Callable[[float], Place | None]
    light: Callable[[float], float] = lambda _: 1.0


@cache
def background(seed: int) -> Image.Image:
    """Soft blots of colour, of a tint of their own: something to look at, and no face."""
    rng = np.random.default_rng(seed)
    tint = rng.integers(0, 150, 3)
    blots = rng.integers(tint, tint + 100, (6, 10, 3)).astype(np.uint8)
    return Image.fromarray(blots).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)


def video(
    actors: Sequence[Actor], seconds: float, rate: float = 30, seed: int = 0, start: float = 0
) -> Iterator[Frame]:
    """Plays a scene; later actors are in front."""
    for number in range(round(seconds * rate)):
        time = number / rate
        yield Frame("<video>", _image(actors, time, seed), number, start + time)


def _image(actors: Sequence[Actor], time: float, seed: int) -> np.ndarray:
    image = background(seed).copy()
    for actor in actors:
        place = actor.path(time)
        if place:
            x, y, side = place
            size = round(side)
            light = actor.light(time)
            face = actor.face.point([round(value * light) for value in range(256)])
            face = face.resize((size, size), Image.Resampling.BICUBIC)
            image.paste(face.convert("RGB"), (round(x - side / 2), round(y - side / 2)))
    return np.asarray(image)


def line(start: Place, end: Place, seconds: float) -> Callable[[float], Place]:
    """Goes straight from one place to another, and stays there."""

    def path(time: float) -> Place:
        share = min(time / seconds, 1.0)
        x, y, side = (a + share * (b - a) for a, b in zip(start, end, strict=True))
        return x, y, side

    return path


def hidden(
    path: Callable[[float], Place | None], leaves: float, returns: float
) -> Callable[[float], Place | None]:
    """Takes a path out of sight for a while."""
    return lambda time: None if leaves <= time < returns else path(time)
