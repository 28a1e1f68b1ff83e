"""`mien summarize`: what was usable and displayed, by person and condition, and what differed."""

from collections.abc import Sequence
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mien.cli.console import print_note, printable
from mien.errors import StudyError

if TYPE_CHECKING:
    from mien.study.baseline import Baseline
    from mien.study.quality import Limits
    from mien.study.recording import Recording
    from mien.study.summary import Summary
    from mien.study.tables import Value

_MOST_ROWS = 40  # of a table on the terminal
_BASELINES = ("interval", "rest", "none")
_PAGES = (".html", ".htm")


def summarize(
    records: Annotated[
        list[Path], typer.Argument(help="Files of records, or folders of `mien batch`.")
    ],
    by: Annotated[
        str, typer.Option(help="Any of person, condition, recording; without person: means over.")
    ] = "person,condition",
    events: Annotated[
        list[Path] | None, typer.Option(help="Events, in any format that Mien reads; repeatable.")
    ] = None,
    around: Annotated[
        str, typer.Option(metavar="EVENT", help="Trace the course around events of this name.")
    ] = "",
    window: Annotated[
        str, typer.Option(metavar="FROM,TO", help="Seconds around it; latencies end with it, too.")
    ] = "-2,5",
    contrast: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIRST,SECOND",
            help="Conditions to compare; repeatable.",
            show_default="all pairs",
        ),
    ] = None,
    baseline: Annotated[
        str, typer.Option(help="What is neutral: a marked interval, rest (a rule), or none.")
    ] = "interval",
    limit: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="What is usable, such as yaw=30; repeatable."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write a .csv, .parquet or .xlsx, or an .html page.")
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write each plot as an .svg file.")
    ] = None,
) -> None:
    """Summarizes records: first how much was usable, then what was displayed.

    Compares conditions within persons, with intervals over persons.
    """
    from mien.study.events import read_events
    from mien.study.quality import Limits
    from mien.study.recording import load_recordings
    from mien.study.summary import summarize as compute

    _check(baseline, out)
    span = _read_window(window)
    pairs = [_read_pair(pair) for pair in contrast or ()]
    own = [event for path in events or () for event in read_events(path)]
    recordings = load_recordings(records, own)
    limits = Limits.parse(limit or [])
    summary = compute(
        recordings,
        [name.strip() for name in by.split(",") if name.strip()],
        pairs=pairs,
        around=around,
        window=span,
        baselines=_find_baselines(recordings, baseline, limits),
        limits=limits,
    )
    written = _write(summary, out, figures)
    _print(summary)
    for note in summary.notes:
        print_note(f"note: {note}.")
    for path in written:
        typer.echo(f"{path}")


def _check(baseline: str, out: Path | None) -> None:
    from mien.study.tables import SUFFIXES

    if baseline not in _BASELINES:
        raise StudyError(f"--baseline {baseline}", remedy=f"use {', '.join(_BASELINES)}")
    if out and out.suffix.lower() not in (*SUFFIXES, *_PAGES):
        raise StudyError(
            "a summary ends in .csv, .parquet, .xlsx or .html",
            subject=out,
            remedy="choose one of these",
        )


def _read_window(text: str) -> tuple[float, float]:
    try:
        start, end = map(float, text.split(","))
    except ValueError:
        raise StudyError(
            f"--window {text}", remedy="write it as --window=-2,5, in seconds"
        ) from None
    return start, end


def _read_pair(text: str) -> tuple[str, str]:
    first, comma, second = (part.strip() for part in text.partition(","))
    if not (first and comma and second):
        raise StudyError(f"--contrast {text}", remedy="write it as --contrast control,joy")
    return first, second


def _find_baselines(
    recordings: "Sequence[Recording]", baseline: str, limits: "Limits"
) -> "dict[str, Baseline]":
    from mien.study.baseline import find_baselines

    if baseline == "none":
        return {}
    return find_baselines(recordings, rest=baseline == "rest", limits=limits)


def _write(summary: "Summary", out: Path | None, figures: Path | None) -> list[Path]:
    from mien.study.summary.page import write_page
    from mien.study.summary.plots import write_plots
    from mien.study.tables import write_tables

    written = []
    if out and out.suffix.lower() in _PAGES:
        written.append(write_page(summary, out))
    elif out:
        written += write_tables(out, summary.tables)
    return written + (write_plots(summary, figures) if figures else [])


def _print(summary: "Summary") -> None:
    console = Console(highlight=False)
    console.print(_groups(console, summary))
    if summary.contrasts:
        console.print(_contrasts(console, summary))
    console.print("Mien labels visible expressions, not feelings.", style="dim")


def _groups(console: Console, summary: "Summary") -> Table:
    """Returns a row for each group: what was usable, then the mean of each label in %."""
    from mien.emotions import colors_of

    groups, means = summary.table("groups"), summary.table("expressions")
    colors, narrow = colors_of(summary.labels), console.width < 100
    grid = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    for name in summary.by:
        grid.add_column(name, no_wrap=True, max_width=12 if narrow else 24)
    for name in ("usable", "%", "valence"):
        grid.add_column(name, justify="right", no_wrap=True, min_width=4)
    for label in summary.labels:
        name = label[:4] if narrow else label
        grid.add_column(Text(name, colors[label]), justify="right", no_wrap=True)
    codes = len(summary.labels) + 1
    for at, row in enumerate(groups.rows[:_MOST_ROWS]):
        values = dict(zip(groups.names, row, strict=True))
        own = means.rows[at * codes : at * codes + codes - 1]
        place = means.names.index("mean")
        cells = [_percent(label[place]) for label in own]
        grid.add_row(*_heads(console, summary, values), *cells)
    if len(groups.rows) > _MOST_ROWS:
        grid.add_row(f"{len(groups.rows) - _MOST_ROWS} more: --out writes all")
    return grid


def _heads(console: Console, summary: "Summary", values: "dict[str, Value]") -> list[str | Text]:
    """Returns the cells of a group before its labels; a mark where it rests on under half."""
    names: list[str | Text] = [
        Text(printable(str(values[name]), console) or "-") for name in summary.by
    ]
    style, mark = ("yellow", "!") if values["note"] else ("", "")
    usable = _format(values["usable"], ".0f", " s")
    share = Text(f"{mark}{_percent(values['usable_share'])}", style)
    amount = f"{values['records']} photos" if usable == "-" else usable
    return [*names, amount, share, _format(values["valence"], "+.2f")]


def _contrasts(console: Console, summary: "Summary") -> Table:
    """Returns a row for each difference in mean probability, and in valence."""
    grid = Table(
        box=None,
        padding=(0, 2, 0, 0),
        header_style="dim",
        title="Differences within persons [95 % interval over persons]",
        title_justify="left",
        title_style="bold",
    )
    grid.add_column("conditions", max_width=28)
    grid.add_column("mean of")
    for name in ("people", "difference", "dz", "p (Holm)"):
        grid.add_column(name, justify="right", no_wrap=True)
    for it in summary.contrasts:
        if it.measure in ("mean", "valence"):
            pair = printable(f"{it.second} - {it.first}", console)
            value, low, high = (_format(v, "+.3f") for v in (it.difference, it.low, it.high))
            interval = rf"{value} \[{low}, {high}]"
            people, dz = f"{it.people}{'!' if it.poor else ''}", _format(it.dz, ".2f")
            p = "< .001" if it.p_holm < 0.001 else f"{it.p_holm:.3f}"
            grid.add_row(Text(pair), it.label or it.measure, people, interval, dz, p)
    return grid


def _format(value: "Value", form: str, unit: str = "") -> str:
    known = isinstance(value, float) and not isnan(value)
    return f"{value:{form}}{unit}" if known else "-"


def _percent(value: "Value") -> str:
    return _format(100 * value, ".0f") if isinstance(value, float) else "-"
