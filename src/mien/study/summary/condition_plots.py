"""Plots of conditions: each person in each of them, and the differences within persons."""

from collections.abc import Sequence
from itertools import groupby
from math import isnan

import numpy as np
from numpy.typing import NDArray

from mien.emotions import colors_of
from mien.study.bootstrap import bootstrap_people
from mien.study.summary.contrasts import MEAN, SEED, VALENCE, Contrast
from mien.study.summary.plot import MINUS, PANEL_WIDTH, TOP, Plot, shorten, top_of
from mien.study.summary.summarize import Summary
from mien.study.summary.svg import Panel, Scale, round_up

_ROW = 34.0  # pixels of a condition
_LINE = 24.0  # pixels of a difference
_OTHER = "#8a919d"  # what is of no label


def draw_conditions(summary: Summary) -> Plot:
    """Draws the mean of each label in each condition: every person, and the mean of them."""
    conditions = list(dict.fromkeys(condition for _, condition in summary.figures))
    values = np.array(
        [
            [_mean_of(summary, person, condition) for condition in conditions]
            for person in summary.people
        ]
    )
    high = top_of(values)
    colors = colors_of(summary.labels)
    panels = [
        _draw_label(label, colors[label], conditions, values[:, :, at], high, summary.people)
        for at, label in enumerate(summary.labels)
    ]
    return Plot(
        "conditions",
        "Mean probability of each expression",
        "A dot is a person; a line joins one person's conditions. The bar is the 95 % interval of "
        "the mean over persons.",
        tuple(panels),
        None,
        "expressions",
    )


def _mean_of(summary: Summary, person: str, condition: str) -> NDArray[np.float64]:
    figures = summary.figures.get((person, condition))
    return figures.mean if figures else np.full(len(summary.labels), np.nan)


def _draw_label(
    label: str,
    color: str,
    conditions: Sequence[str],
    values: NDArray[np.float64],
    high: float,
    people: Sequence[str],
) -> Panel:
    left = 16 + 7.5 * max(len(shorten(name)) for name in conditions)
    bottom = TOP + _ROW * len(conditions)
    panel = Panel(label, PANEL_WIDTH, bottom + 20, color)
    across = Scale(0, high, left, PANEL_WIDTH - 10)
    heights = [TOP + _ROW * at + 21 for at in range(len(conditions))]
    panel.across(across, TOP, bottom)
    for row in values:
        known = [
            (across(value), y) for value, y in zip(row, heights, strict=True) if not isnan(value)
        ]
        if len(known) > 1:
            panel.curve(known, color, 0.8)
    for at, name in enumerate(conditions):
        panel.text(left - 8, heights[at] + 4, shorten(name), "end")
        for person, value in zip(people, values[:, at], strict=True):
            if not isnan(value):
                panel.dot(across(value), heights[at], 3.5, color, 0.6, f"{person}: {value:.3f}")
        _draw_mean(panel, across, heights[at] - 10, values[:, at])
    return panel


def _draw_mean(panel: Panel, across: Scale, y: float, values: NDArray[np.float64]) -> None:
    """Draws the mean over persons and its interval."""
    known = values[~np.isnan(values)]
    if len(known) < 2:
        return
    limits = bootstrap_people(len(known), lambda drawn: float(known[drawn].mean()), seed=SEED)
    panel.line(across(limits.low), y, across(limits.high), y, "ink", 2)
    panel.line(across(known.mean()), y - 4, across(known.mean()), y + 4, "ink", 2)


def draw_contrasts(summary: Summary) -> Plot:
    """Draws the differences of one pair of conditions a panel."""
    chosen = [it for it in summary.contrasts if it.measure in (MEAN, VALENCE)]
    reach = round_up(max(max(abs(it.low), abs(it.high), 1e-3) for it in chosen))
    pairs = groupby(chosen, key=lambda it: (it.first, it.second))
    return Plot(
        "contrasts",
        "Differences between conditions, within persons",
        "Mean over persons with its 95 % interval over persons; p by sign flips over persons, "
        f"adjusted (Holm) for all {len(summary.contrasts)} contrasts.",
        tuple(_draw_pair(list(pair), reach, summary.labels) for _, pair in pairs),
        None,
        "contrasts",
        columns=2,
    )


def _draw_pair(contrasts: list[Contrast], reach: float, labels: tuple[str, ...]) -> Panel:
    first = contrasts[0]
    bottom = TOP + _LINE * (len(labels) + 1)
    panel = Panel(f"{first.second} {MINUS} {first.first}", 420, bottom + 34)
    across = Scale(-reach, reach, 92, 330)
    panel.across(across, TOP, bottom, f"difference, {first.people} people")
    panel.line(across(0), TOP, across(0), bottom, "zero", 1.5)
    colors = colors_of(labels)
    for at, contrast in enumerate(contrasts):
        y = TOP + _LINE * at + 14
        panel.text(84, y + 4, contrast.label or contrast.measure, "end")
        panel.line(across(contrast.low), y, across(contrast.high), y, "ink", 2)
        panel.dot(across(contrast.difference), y, 4.5, colors.get(contrast.label, _OTHER))
        panel.text(342, y + 4, f"p {_p(contrast.p_holm)}")
    return panel


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"
