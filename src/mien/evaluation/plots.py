"""The images of a report, on matplotlib's objects alone: no window, no global state."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from mien.evaluation.reliability import Reliability

_INK = "#22303c"
_BAR = "#3d7ea6"
_GAP = "#d1495b"


def confusion_figure(confusion: NDArray[np.integer], names: Sequence[str], title: str) -> Figure:
    """Draws a confusion matrix: a cell's colour and percentage are its share of the row.

    Args:
        confusion: counts (L, L), one row per true label, one column per predicted one.
        names: of the L labels.
        title: stands above.
    """
    totals = confusion.sum(axis=1, keepdims=True)
    shares = confusion / np.maximum(totals, 1)
    figure = Figure(figsize=(7.2, 6.4), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        axes.text(
            column,
            row,
            f"{share:.0%}\n{confusion[row, column]}",
            ha="center",
            va="center",
            fontsize=9,
            color="white" if share > 0.55 else _INK,
        )
    ticks = range(len(names))
    axes.set_xticks(ticks, names)
    axes.set_yticks(ticks, [f"{name} ({n})" for name, n in zip(names, totals[:, 0], strict=True)])
    axes.tick_params(length=0)
    axes.set(xlabel="predicted", ylabel="labelled (faces)", title=title)
    axes.spines[:].set_visible(False)
    return figure


def reliability_figure(bins: Reliability, title: str) -> Figure:
    """Draws accuracy against confidence, and beneath it how many faces each bin holds.

    Args:
        bins: of `mien.evaluation.calibration.reliability`.
        title: stands above.
    """
    figure = Figure(figsize=(6.0, 6.6), layout="constrained")
    upper, lower = figure.subplots(2, 1, height_ratios=(3, 1), sharex=True)
    _draw_accuracy(upper, bins)
    upper.set_title(f"{title}: calibration error {bins.ece:.1%}")
    centres, width = (bins.edges[:-1] + bins.edges[1:]) / 2, bins.edges[1]
    lower.bar(centres, bins.counts, width * 0.92, color=_BAR)
    lower.set(xlabel="confidence: probability of the most probable emotion", ylabel="faces")
    for axes in (upper, lower):
        axes.set_xlim(0, 1)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _draw_accuracy(axes: Axes, bins: Reliability) -> None:
    filled = bins.counts > 0
    centres, width = ((bins.edges[:-1] + bins.edges[1:]) / 2)[filled], bins.edges[1] * 0.92
    accuracy, confidence = bins.accuracy[filled], bins.confidence[filled]
    axes.bar(centres, accuracy, width, color=_BAR, label="share that is right")
    axes.bar(
        centres,
        confidence - accuracy,
        width,
        bottom=accuracy,
        facecolor="none",
        edgecolor=_GAP,
        hatch="////",
        linewidth=0.8,
        label="gap to the mean confidence",
    )
    axes.plot([0, 1], [0, 1], color=_INK, linestyle="--", linewidth=1, label="well calibrated")
    axes.set(ylim=(0, 1), ylabel="accuracy")
    axes.legend(loc="upper left", frameon=False)
