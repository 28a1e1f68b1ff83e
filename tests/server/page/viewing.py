"""What tests do with the page of an open session."""

import time
from typing import Any

from playwright.sync_api import Locator, Page

from tests.server.page.conftest import WAIT


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Timeline")


def cursor(page: Page) -> float:
    return float(slider(page).get_attribute("aria-valuenow") or "nan")


def until(page: Page, script: str, argument: Any = None) -> None:
    """Waits until a script returns true.

    Playwright's own wait would evaluate text, which the page's content security policy forbids.
    """
    deadline = time.monotonic() + WAIT / 1000
    while not page.evaluate(script, argument):
        assert time.monotonic() < deadline, script
        page.wait_for_timeout(50)


def wait_for_cursor(page: Page, seconds: float) -> None:
    script = "at => Math.abs(document.querySelector('.timeline').ariaValueNow - at) < 0.05"
    until(page, script, seconds)


def wait_for_color(page: Page, x: float, color: str) -> None:
    """Waits until the timeline has a colour, a third from its top; `x` is a share of its width."""
    script = """
        ([x, color]) => {
          const canvas = document.querySelector(".timeline canvas");
          const context = canvas.getContext("2d");
          const pixel = context.getImageData(canvas.width * x, canvas.height * 0.3, 1, 1).data;
          const hex = (value) => value.toString(16).padStart(2, "0");
          return `#${Array.from(pixel.slice(0, 3), hex).join("")}` === color;
        }"""
    until(page, script, [x, color])
