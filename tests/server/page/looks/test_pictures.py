"""Screenshots of the page's states are those of `pictures/`; see comparison.py for the tolerance.

Where a change is meant, `MIEN_PICTURES=write pytest tests/server/page/looks/test_pictures.py`
writes them anew: look at them. Else the failure names an image that shows in red what changed.
"""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.server.page.looks.comparison import differs, find_changes, show_changes
from tests.server.page.looks.stage import Stage
from tests.server.page.looks.states import LOOKS, PICTURED, STATES, look

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parent / "pictures"
MASK_COLOR = "#808080"
TRIES = 10
PAUSE = 300  # milliseconds
WRITES = os.environ.get("MIEN_PICTURES") == "write"

# What the time of the machine decides: elapsed seconds, and charts of the last ones.
VARYING = ".recording-state, .strip"
NO_CONTROLS = """() => {
  for (const video of document.querySelectorAll("video")) video.controls = false;
}"""


@pytest.mark.parametrize("name", PICTURED)
def test_a_state_keeps_its_looks(stage: Stage, name: str, tmp_path: Path) -> None:
    STATES[name](stage)
    changed = [
        str(path)
        for appearance in LOOKS
        if (path := compare(stage, f"{name}-{appearance}", appearance, tmp_path))
    ]
    assert not changed, "the page looks different; see " + ", ".join(changed)


def compare(stage: Stage, name: str, appearance: str, folder: Path) -> Path | None:
    """Returns an image of what changed; None where nothing did."""
    look(stage, appearance)
    reference = FOLDER / f"{name}.webp"
    if WRITES:
        write(settled(stage.page), reference)
        return None
    expected = Image.open(reference).convert("RGB")
    for _ in range(TRIES):
        actual = capture(stage.page)
        changed = find_changes(actual, expected)
        if not differs(changed):
            return None
        stage.page.wait_for_timeout(PAUSE)
    path = folder / f"{name}.png"
    show_changes(actual, changed).save(path)
    return path


def settled(page: Page) -> Image.Image:
    """Returns a screenshot once it stays the same."""
    last = capture(page)
    for _ in range(TRIES):
        page.wait_for_timeout(PAUSE)
        actual = capture(page)
        if not differs(find_changes(actual, last)):
            return actual
        last = actual
    raise AssertionError("the page does not stand still")


def capture(page: Page) -> Image.Image:
    """Returns a screenshot without what the browser's version decides: the video's own controls."""
    page.evaluate(NO_CONTROLS)
    png = page.screenshot(
        animations="disabled",
        caret="hide",
        scale="css",
        mask=[page.locator(VARYING)],
        mask_color=MASK_COLOR,
    )
    return Image.open(io.BytesIO(png)).convert("RGB")


def write(image: Image.Image, path: Path) -> None:
    """Writes a reference, unless the one that is there still does."""
    path.parent.mkdir(exist_ok=True)
    if not path.is_file() or np.any(np.asarray(image) != np.asarray(Image.open(path))):
        image.save(path, lossless=True, quality=100, method=6)


def test_every_picture_belongs_to_a_state() -> None:
    expected = {f"{name}-{appearance}" for name in PICTURED for appearance in LOOKS}
    assert {path.stem for path in FOLDER.iterdir()} == expected


def test_the_pictures_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 6_000_000


def test_a_moved_button_and_a_lost_colour_are_caught(stage: Stage) -> None:
    STATES["first-run"](stage)
    before = settled(stage.page)
    for change in ("button.style.translate = '3px 0'", "button.style.background = 'none'"):
        stage.page.evaluate(
            f"() => {{ const button = document.querySelector('.primary'); {change}; }}"
        )
        assert differs(find_changes(capture(stage.page), before)), change
        stage.page.evaluate("() => document.querySelector('.primary').removeAttribute('style')")
        assert not differs(find_changes(capture(stage.page), before))
