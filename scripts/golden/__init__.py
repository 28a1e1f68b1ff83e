"""Golden vectors: what Python makes of drawn frames, for the npm package to make the same.

Each topic is a module with `make() -> dict`, written to `tests/golden/TOPIC.json`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.golden import (
    adapter,
    alignment,
    attributes,
    baseline,
    crop,
    detection,
    resize,
    series,
    smoothing,
)

FOLDER = Path(__file__).parents[2] / "tests" / "golden"

MAKERS: dict[str, Callable[[], dict[str, Any]]] = {
    "resize": resize.make,
    "crop": crop.make,
    "detection": detection.make,
    "attributes": attributes.make,
    "alignment": alignment.make,
    "smoothing": smoothing.make,
    "series": series.make,
    "adapter": adapter.make,
    "baseline": baseline.make,
}
"""What makes each file, by the topic that names it."""
