"""What tests of an open session do with its page."""

import time
from typing import Any

from playwright.sync_api import Locator, Page

from tests.server.page.conftest import WAIT


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Timeline")


def cursor(page: Page) -> float:
    return float(slider(page).get_attribute("aria-valuenow") or "nan")


def until(page: Page, script: str, argument: Any = None) -> None:
    """Waits until a script is true. Playwright's own wait would evaluate text in the page.

    The page's policy forbids that.
    """
    deadline = time.monotonic() + WAIT / 1000
    while not page.evaluate(script, argument):
        assert time.monotonic() < deadline, script
        page.wait_for_timeout(50)


def wait_for_cursor(page: Page, seconds: float) -> None:
    script = "at => Math.abs(document.querySelector('.timeline').ariaValueNow - at) < 0.05"
    until(page, script, seconds)


def wait_for_color(page: Page, x: float, color: str) -> None:
    """Waits until the timeline is drawn in a colour, a third from its top; x is a part of it."""
    script = """
        ([x, color]) => {
          const canvas = document.querySelector(".timeline canvas"), pen = canvas.getContext("2d");
          const pixel = pen.getImageData(canvas.width * x, canvas.height * 0.3, 1, 1).data;
          const found = Array.from(pixel.slice(0, 3), (one) => one.toString(16).padStart(2, "0"));
          return `#${found.join("")}` === color;
        }"""
    until(page, script, [x, color])
