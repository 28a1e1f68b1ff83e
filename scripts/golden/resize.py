"""How images are resized: Pillow's own results."""

from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

_CASES = 240
_MOST = 90  # pixels of a side
_FILTERS = ("box", "bilinear", "hamming", "bicubic")
_GAPS = (None, 1.0, 2.0, 3.0)


def make() -> dict[str, Any]:
    """Returns cases of random sizes, odd ones among them, and what Pillow makes of each."""
    random = np.random.default_rng(18)
    cases = [_case(random) for _ in range(_CASES)]
    frames = ((900, 700), (48, 48)), ((1280, 720), (653, 367))
    cases += [_resized(size, new, "hamming", 2.0) for size, new in frames]
    return {"cases": cases, "floats": [_floats(random) for _ in range(12)]}


def pattern(width: int, height: int) -> Pixels:
    """Draws what both languages can draw: smooth here, rough there, uint8 (H, W, 3)."""
    x, y, channel = np.arange(width), np.arange(height)[:, None], np.arange(3)
    squares = (x * x * 3 + y * y * 5)[..., None] * (channel + 1) // 7
    return ((squares + (x * y)[..., None] + 80 * channel) % 256).astype(np.uint8)


def digest(pixels: Pixels) -> str:
    """Returns the SHA-256 of an image's bytes, row by row."""
    return sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()


def _case(random: np.random.Generator) -> dict[str, Any]:
    size, new = (tuple(random.integers(1, _MOST, 2).tolist()) for _ in range(2))
    if random.random() < 0.3:  # far smaller, so that whole pixels are averaged first
        new = tuple(max(side // int(random.integers(3, 12)), 1) for side in size)
    return _resized(size, new, random.choice(_FILTERS).item(), random.choice(np.array(_GAPS)))


def _resized(
    size: tuple[int, int], new: tuple[int, int], name: str, gap: float | None
) -> dict[str, Any]:
    image = Image.fromarray(pattern(*size))
    way = Image.Resampling[name.upper()]
    return {
        "size": size,
        "new": new,
        "filter": name,
        "gap": gap,
        "color": digest(np.asarray(image.resize(new, way, reducing_gap=gap))),
        "gray": digest(np.asarray(image.convert("L").resize(new, way))),
    }


def _floats(random: np.random.Generator) -> dict[str, Any]:
    size, new = (tuple(random.integers(1, 30, 2).tolist()) for _ in range(2))
    values = pattern(*size)[..., 0].astype(np.float32) / 7
    resized = np.asarray(Image.fromarray(values).resize(new, Image.Resampling.BOX))
    return {"size": size, "new": new, "digest": digest(resized)}
