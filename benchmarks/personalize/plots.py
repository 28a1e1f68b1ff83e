"""The plots of docs/personalization.md."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from personalize.measure import Worth

_COLOURS = ("#8a9ba8", "#d1942b", "#7b5ea7", "#4f9d69", "#3d7ea6", "#d1495b", "#22303c")
_PANELS = (("accuracy", "the user's unseen faces"), ("strangers", "everybody else's faces"))
Curves = Mapping[str, Mapping[int, Worth]]


def plot(path: Path, title: str, curves: Curves) -> None:
    """Draws mean changes by corrections; where one curve alone is thick, its spread over users."""
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    figure.suptitle(title)
    panels = figure.subplots(1, 2)
    for axes, (field, name) in zip(panels, _PANELS, strict=True):
        for colour, (label, curve) in zip(_COLOURS, curves.items(), strict=False):
            _draw(axes, [getattr(worth, field) for worth in curve.values()], label, colour)
        axes.set(title=name, xlabel="corrections", ylabel="accuracy, points against the model's")
        counts = list(next(iter(curves.values())))
        axes.set_xticks(range(len(counts)), counts)
        axes.axhline(0, color="#22303c", linewidth=0.8)
        axes.grid(alpha=0.25)
    panels[0].legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=110)


def _draw(axes: Axes, changes: list[np.ndarray], label: str, colour: str) -> None:
    """Draws a mean and its 95 % interval over users."""
    means = np.array([values.mean() for values in changes])
    errors = np.array([1.96 * values.std(ddof=1) / np.sqrt(len(values)) for values in changes])
    places = np.arange(len(changes))
    axes.plot(places, means, marker="o", markersize=3, color=colour, label=label)
    axes.fill_between(places, means - errors, means + errors, color=colour, alpha=0.12)
