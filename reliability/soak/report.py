"""What a soak found: as tables, as JSON, and as a plot."""

import json
import math
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from rich.console import Console
from rich.table import Table

from reliability.soak.run import Result
from reliability.soak.samples import MIB, Sample

_MOST_POINTS = 240  # of one line
_GRAY = "#808080"  # readable on white and on black
_STYLE: Any = {
    "axes.edgecolor": _GRAY,
    "axes.labelcolor": _GRAY,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 9,
    "svg.fonttype": "none",
    "svg.hashsalt": "mien",
    "text.color": _GRAY,
    "xtick.color": _GRAY,
    "ytick.color": _GRAY,
}
_BLUE, _RED = "#4c8bd0", "#d0605e"


def print_result(result: Result, console: Console) -> None:
    """Prints latencies by kind, and what holds."""
    console.print(_latencies(result))
    for check in result.checks:
        mark = "[green]ok[/]" if check.passed else "[red]FAILED[/]"
        console.print(f"{mark:14} {check.name}", f"[dim]{check.note}[/]" if check.note else "")
        for problem in check.problems:
            console.print(f"       {problem}", markup=False, highlight=False, soft_wrap=True)
    rate = result.tally.total / result.seconds
    console.print(
        f"{result.tally.total:,} requests and {result.tally.frames:,} live frames of "
        f"{result.settings.clients} clients in {result.seconds:,.0f} s, {rate:.0f} a second, "
        f"seed {result.settings.seed}"
    )


def _latencies(result: Result) -> Table:
    table = Table("kind", "requests", "p50 ms", "p99 ms", "max ms", "statuses", box=None)
    for column in table.columns[:-1]:
        column.no_wrap = True
    for column in table.columns[1:-1]:
        column.justify = "right"
    for kind, count, *seconds, told in result.tally.rows():
        cells = ("-" if math.isnan(value) else f"{value:,.1f}" for value in seconds)
        table.add_row(kind, f"{count:,}", *cells, told)
    return table


def write_result(result: Result, folder: Path) -> None:
    """Writes soak.json, soak.svg and server.log."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "soak.json").write_text(json.dumps(to_dict(result), indent=1) + "\n")
    (folder / "server.log").write_text(result.log)
    draw(result.samples, folder / "soak.svg")


def to_dict(result: Result) -> dict[str, Any]:
    """Returns what JSON can hold of a result."""
    names = ("kind", "requests", "p50_ms", "p99_ms", "max_ms", "statuses")
    rows = [dict(zip(names, row, strict=True)) for row in result.tally.rows()]
    for row in rows:
        row |= {key: None for key, value in row.items() if value != value}  # noqa: PLR0124 - NaN
    columns = [field.name for field in fields(Sample)]
    return {
        "settings": asdict(result.settings),
        "seconds": round(result.seconds, 1),
        "requests": result.tally.total,
        "live_frames": result.tally.frames,
        "passed": result.passed,
        "checks": [asdict(check) for check in result.checks],
        "latencies": rows,
        "problems": dict(result.tally.problems),
        "samples": {
            name: [round(getattr(sample, name), 4) for sample in result.samples] for name in columns
        },
    }


def draw(samples: list[Sample], path: Path) -> None:
    """Draws latency, memory, threads, descriptors and disk over time, on no background."""
    mpl.use("svg")
    points = _thin(samples)
    with mpl.rc_context(_STYLE):
        figure, axes = plt.subplots(5, 1, figsize=(7.2, 7.6), sharex=True, layout="constrained")
        _draw_line(axes[0], points, "worst", 1000, _RED, "slowest")
        _draw_line(axes[0], points, "p50", 1000, _BLUE, "median")
        axes[0].set(ylabel="latency, ms", yscale="log")
        place = {"loc": "lower right", "bbox_to_anchor": (1, 0.95)}
        axes[0].legend(frameon=False, ncols=2, fontsize=8, **place)
        for axis, (name, unit, label) in zip(
            axes[1:],
            (
                ("memory", 1 / MIB, "memory, MiB"),
                ("threads", 1, "threads"),
                ("descriptors", 1, "descriptors"),
                ("disk", 1 / MIB, "disk, MiB"),
            ),
            strict=True,
        ):
            _draw_line(axis, points, name, unit, _BLUE, label)
            axis.set(ylabel=label, ylim=(0, None))
        axes[-1].set(xlabel="minutes", xlim=(0, None))
        figure.align_ylabels(axes)
        figure.savefig(path, metadata={"Date": None}, transparent=True)
        plt.close(figure)


def _draw_line(
    axis: Axes, samples: list[Sample], name: str, unit: float, color: str, label: str
) -> None:
    times = [sample.time / 60 for sample in samples]
    values = [getattr(sample, name) * unit or math.nan for sample in samples]
    axis.plot(times, values, color=color, label=label, linewidth=1.2)


def _thin(samples: list[Sample]) -> list[Sample]:
    """Joins neighbours, so that few points are left; each keeps the highest of its values."""
    step = len(samples) // _MOST_POINTS + 1
    groups = (samples[start : start + step] for start in range(0, len(samples), step))
    names = [field.name for field in fields(Sample)]
    return [
        Sample(**{name: max(getattr(sample, name) for sample in group) for name in names})
        for group in groups
    ]
