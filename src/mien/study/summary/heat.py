"""Heat maps in SVG: one path a shade, so that a file stays small and sharp."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mien.study.summary.plot import PANEL_WIDTH, TOP, shorten
from mien.study.summary.svg import Panel, Scale

SHADES = 10
"""Of a colour; more cannot be told apart."""

FAINTEST = 0.04
"""Opacity of a value near 0, so that it differs from where nothing was usable."""

MOST_NAMES = 40
"""People whose names stand beside their rows; with more, rows are thin and have none."""


def draw_heat(
    title: str,
    color: str,
    times: NDArray[np.float64],
    people: Sequence[str],
    values: NDArray[np.float64],
) -> Panel:
    """Draws people by time.

    Args:
        title: of the panel.
        color: of a value of 1; lower ones are fainter.
        times: in seconds, equally spaced, float64 (T,).
        people: the P names, from the top row to the lowest.
        values: from 0 to 1, float64 (P, T); NaN draws nothing.
    """
    named = len(people) <= MOST_NAMES
    row = 14.0 if named else max(2.0, 560 / len(people))
    left = 8 + 6.5 * max(len(shorten(name, 12)) for name in people) if named else 8.0
    bottom = TOP + row * len(people)
    panel = Panel(title, PANEL_WIDTH, bottom + 36, color)
    half = (times[1] - times[0]) / 2
    across = Scale(times[0] - half, times[-1] + half, left, PANEL_WIDTH - 10)
    panel.across(across, TOP, bottom, "seconds")
    shades = np.where(np.isnan(values), -1, np.rint(np.nan_to_num(values) * SHADES)).astype(int)
    edges = [across(time - half) for time in times] + [across.end]
    for shade in range(SHADES + 1):
        if path := "".join(_runs(shades == shade, edges, row)):
            opacity = max(shade / SHADES, FAINTEST)
            panel.shapes.append(f'<path d="{path}" fill="{color}" fill-opacity="{opacity}"/>')
    for at, name in enumerate(people if named else ()):
        panel.text(left - 6, TOP + row * (at + 0.5) + 4, shorten(name, 12), "quiet end")
    if times[0] < 0 < times[-1]:
        panel.line(across(0), TOP, across(0), bottom, "zero", 1.5)
    return panel


def _runs(chosen: NDArray[np.bool_], edges: Sequence[float], row: float) -> list[str]:
    """Returns a rectangle for each run of chosen cells of a row."""
    padded = np.pad(chosen, ((0, 0), (1, 1))).astype(np.int8)
    lines, cells = np.nonzero(np.diff(padded, axis=1))
    return [
        f"M{edges[start]:.1f} {TOP + row * line:.1f}H{edges[stop]:.1f}v{row - 1:.1f}"
        f"H{edges[start]:.1f}z"
        for line, start, stop in zip(lines[::2], cells[::2], cells[1::2], strict=True)
    ]
