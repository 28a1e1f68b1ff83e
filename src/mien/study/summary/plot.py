"""A plot of a summary, and what all of them share."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.study.summary.svg import Panel, compose, round_up

CONDITION_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Colours that people with any colour vision tell apart (Okabe and Ito 2008), without black."""

DASHES = ("", "7 3", "2 3", "9 3 2 3")
"""Of the conditions' lines, so that they differ without colour, too."""

PANEL_WIDTH, TOP = 300, 28
"""Pixels: of a panel, and of its title."""

MINUS = "\u2212"


@dataclass(frozen=True, eq=False)
class Plot:
    """A plot of one or several panels.

    Attributes:
        name: of its file: "course".
        title: in a few words.
        caption: what a reader must know to read it.
        panels: all of one size.
        legend: of the conditions; None where there is none to tell apart.
        table: name of the table that holds its values.
        columns: panels a row, in a file.
    """

    name: str
    title: str
    caption: str
    panels: tuple[Panel, ...]
    legend: Panel | None
    table: str
    columns: int = 3

    @property
    def svg(self) -> str:
        """The plot as a file of its own."""
        return compose(self.panels, f"{self.title}. {self.caption}", self.legend, self.columns)


def top_of(values: NDArray[np.float64]) -> float:
    """Returns a round value that no value exceeds, 1 at most."""
    return min(round_up(max(float(np.nanmax(values)), 0.05)), 1.0)


def shorten(name: str, letters: int = 14) -> str:
    """Returns a name that fits beside a row."""
    return name if len(name) <= letters else f"{name[: letters - 1]}…"


def style_of(place: int) -> tuple[str, str]:
    """Returns the colour and the dashes of a condition."""
    return CONDITION_COLORS[place % len(CONDITION_COLORS)], DASHES[place % len(DASHES)]


def draw_legend(conditions: Sequence[str]) -> Panel | None:
    """Returns what tells conditions apart; None where there is one."""
    if len(conditions) < 2:
        return None
    panel, x = Panel("", 0, 24), 0.0
    for place, condition in enumerate(map(shorten, conditions)):
        color, dash = style_of(place)
        panel.curve([(x, 10.0), (x + 26, 10.0)], color, 2.5, dash)
        panel.text(x + 32, 14, condition, "")
        x += 52 + 7 * len(condition)
    panel.width = x
    return panel
