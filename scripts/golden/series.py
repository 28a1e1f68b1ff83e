"""A stream of drawn frames: people who move, leave and come back, and a cut."""

from typing import Any

import numpy as np
from PIL import Image
from scripts.golden.frames import Pixels, load_frame

from mien.inference.analyzer import Analyzer
from mien.inference.media.images import Frame

_MODEL = "small"
_WIDTH, _HEIGHT, _RATE, _FRAMES = 320, 200, 10, 44
_CUT = 32  # the first frame after it

Place = tuple[str, int, int]
"""Of whom, and where the portrait's left and top are, in pixels."""


def make() -> dict[str, Any]:
    """Returns where the portraits lie in each frame, and the result of each."""
    scenes = [_scene(number) for number in range(_FRAMES)]
    frames = (
        Frame("series", _draw(scene["light"], scene["places"]), number, number / _RATE)
        for number, scene in enumerate(scenes)
    )
    results = [result.to_dict() for result in Analyzer(_MODEL).stream(frames)]
    return {
        "model": _MODEL,
        "width": _WIDTH,
        "height": _HEIGHT,
        "scenes": scenes,
        "results": results,
    }


def _scene(number: int) -> dict[str, Any]:
    if number >= _CUT:
        return {"light": [20, 60], "places": [("cleo", 20 + number, 40), ("ada", 200, 60)]}
    places: list[Place] = [("ben", 210, 50 + number // 4)]
    if not 12 <= number < 22:  # she leaves, and is back within the tracker's gap
        places.append(("ada", 10 + 4 * number if number < 12 else 110 - number, 60))
    return {"light": [230, 120], "places": places}


def _draw(light: list[int], places: list[Place]) -> Pixels:
    """Pastes portraits on a background that goes from one gray to another, from left to right."""
    first, last = light
    gray = first + (last - first) * np.arange(_WIDTH) // (_WIDTH - 1)
    frame = np.broadcast_to(gray.astype(np.uint8)[None, :, None], (_HEIGHT, _WIDTH, 3))
    image = Image.fromarray(frame.copy())
    for name, left, top in places:
        image.paste(Image.fromarray(load_frame(f"portrait-{name}")), (left, top))
    return np.asarray(image)
