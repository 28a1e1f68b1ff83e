"""A user's hand in Studio: it clicks and types, and counts what that takes.

The seconds are those of the keystroke-level model (Card, Moran and Newell, 1980): 1.1 s for a click
with the pointing before it, 0.28 s for a key, 1.35 s for a mental step, in which the user decides
what to do next or reads what the page shows. A scroll counts as a click.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page, Position

CLICK, KEY, MENTAL = 1.1, 0.28, 1.35  # seconds


@dataclass
class Hand:
    """Counts clicks, keys and mental steps on a page, from the moment it is made."""

    page: Page
    clicks: int = 0
    keys: int = 0
    thoughts: int = 0
    started: float = field(default_factory=time.perf_counter)

    @property
    def model_seconds(self) -> float:
        """What the keystroke-level model says that it takes a user."""
        return CLICK * self.clicks + KEY * self.keys + MENTAL * self.thoughts

    @property
    def machine_seconds(self) -> float:
        """What it took so far, with a user who needs no time."""
        return time.perf_counter() - self.started

    def think(self) -> None:
        """Decides what to do next, or reads."""
        self.thoughts += 1

    def click(self, target: Locator, position: Position | None = None) -> None:
        """Clicks an element, after a scroll where it is out of view."""
        target.wait_for()
        if not target.evaluate(_IN_VIEW):
            self.clicks += 1
        self.clicks += 1
        target.click(position=position)

    def choose(self, select: Locator, text: str) -> None:
        """Opens a drop-down list and clicks an option of it."""
        select.wait_for()
        self.clicks += 2
        select.select_option(text)

    def type(self, text: str) -> None:
        """Types into what has the focus."""
        self.keys += len(text)
        self.page.keyboard.type(text)

    def press(self, key: str) -> None:
        """Presses one key."""
        self.keys += 1
        self.page.keyboard.press(key)

    def allow(self) -> None:
        """Allows the camera in the browser's question, which a test answers beforehand."""
        self.clicks += 1

    def browse(self, button: Locator, files: Sequence[Path]) -> None:
        """Opens the system's dialog by a click; there, selects all files of a folder by keys."""
        with self.page.expect_file_chooser() as chooser:
            self.click(button)
        self.keys += 2  # Ctrl+A, Enter
        chooser.value.set_files(files)


_IN_VIEW = """(element) => {
  const {top, left, bottom, right} = element.getBoundingClientRect();
  return top >= 0 && left >= 0 && Math.min(bottom, top + 40) <= innerHeight && left < innerWidth;
}"""
