"""What tests do with the page of an open session."""

import time
from typing import Any

from playwright.sync_api import Locator, Page

from tests.server.page.conftest import WAIT

EMPTY = "#ededf0"  # of a chart where nobody is in view, in light


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
    script = "at => Math.abs(document.querySelector('.cursor').ariaValueNow - at) < 0.05"
    until(page, script, seconds)


def wait_for_color(page: Page, x: float, color: str) -> None:
    """Waits until the chosen person's chart has a colour; `x` is a share of its width."""
    script = """
        ([x, color]) => {
          const canvas = document.querySelector(".person-track.chosen canvas");
          if (!canvas) return false;
          const context = canvas.getContext("2d");
          const pixel = context.getImageData(canvas.width * x, canvas.height * 0.3, 1, 1).data;
          const hex = (value) => value.toString(16).padStart(2, "0");
          return `#${Array.from(pixel.slice(0, 3), hex).join("")}` === color;
        }"""
    until(page, script, [x, color])


def seek(page: Page, share: float) -> None:
    """Clicks on the charts, at a share of their width."""
    box = box_of(page.locator(".surface"))
    page.mouse.click(box["x"] + share * box["width"], box["y"] + box["height"] / 2)


def drag(page: Page, element: Locator, start: float, end: float) -> None:
    """Drags from one share of an element's width to another."""
    box = box_of(element)
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + end * box["width"], middle, steps=9)
    page.mouse.up()


def box_of(element: Locator) -> Any:
    element.scroll_into_view_if_needed()
    box = element.bounding_box()
    assert box is not None
    return box


def export(page: Page, item: str) -> Locator:
    """Opens the menu of files; returns an item of it."""
    page.get_by_role("button", name="Export").click()
    return page.get_by_role("menuitem", name=item, exact=True)
