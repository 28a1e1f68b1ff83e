"""`mien agree`: how well Mien and human coders agree."""

import json as json_format
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from mien.cli.baseline import LimitOption
from mien.cli.console import print_note, printable
from mien.errors import StudyError

if TYPE_CHECKING:
    from mien.study.agreement import Agreement
    from mien.study.tables import Table as StudyTable
    from mien.study.tables import Value

_NAMES = {
    "agreement": "agreement",
    "kappa": "kappa",
    "ac1": "AC1",
    "alpha": "alpha",
    "f1": "F1",
    "precision": "precision",
    "recall": "recall",
    "icc_a1": "ICC(A,1)",
    "icc_c1": "ICC(C,1)",
}


def agree(
    records: Annotated[
        Path, typer.Argument(help="What `mien predict --records` or `mien batch` wrote.")
    ],
    codes: Annotated[
        list[Path] | None,
        typer.Argument(help="Files of codes: CSV, ELAN, BORIS and other formats of events."),
    ] = None,
    also: Annotated[
        list[Path] | None, typer.Option(help="Further records of the study; may be repeated.")
    ] = None,
    by: Annotated[str, typer.Option(help="frame: equal steps of time; segment: expressions.")] = (
        "frame"
    ),
    step: Annotated[float, typer.Option(help="Seconds between two steps, by frame.")] = 0.1,
    tolerance: Annotated[
        float, typer.Option(help="Seconds that onsets and offsets may differ, by segment.")
    ] = 0.5,
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="CODE=LABEL", help="A coder's word for a label; repeatable."),
    ] = None,
    uncoded: Annotated[
        str | None,
        typer.Option(
            metavar="LABEL", help="What uncoded time is, such as neutral.", show_default="missing"
        ),
    ] = None,
    baseline: Annotated[
        str, typer.Option(help="Compare after a baseline: a marked interval, rest, or none.")
    ] = "none",
    limit: LimitOption = None,
    out: Annotated[
        Path | None, typer.Option(help="Write all tables to this .csv, .parquet or .xlsx.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print all tables as JSON.")] = False,
) -> None:
    """Compares Mien with human coders, beside the coders with each other.

    Prints kappa, AC1, alpha and F1 with 95 % intervals over people.
    """
    from mien.study.agreement import agree as compare
    from mien.study.agreement import read_codes
    from mien.study.baseline import find_baselines
    from mien.study.quality import Limits
    from mien.study.recording import load_recordings
    from mien.study.tables import write_tables

    if by not in ("frame", "segment"):
        raise StudyError(f"--by {by}", remedy="use frame or segment")
    if baseline not in ("none", "interval", "rest"):
        raise StudyError(f"--baseline {baseline}", remedy="use interval, rest or none")
    log, limits = read_codes(codes or ()), Limits.parse(limit or [])
    recordings = load_recordings([records, *(also or ())])
    problems: list[str] = []
    baselines = (
        {}
        if baseline == "none"
        else find_baselines(
            recordings, rest=baseline == "rest", limits=limits, on_problem=problems.append
        )
    )
    found = compare(
        recordings,
        log.events,
        by="segment" if by == "segment" else "frame",
        step=step,
        tolerance=tolerance,
        mapping=_mapping(map_ or ()),
        uncoded=uncoded,
        limits=limits,
        baselines=baselines,
    )
    written = write_tables(out, found.tables) if out else []
    if json:
        typer.echo(json_format.dumps(_to_dict(found)))
    else:
        _print(found, step, tolerance)
    for note in (*log.notes, *problems, *found.notes):
        print_note(f"note: {note.rstrip('.')}.")
    for path in written:
        typer.echo(f"{path}", err=json)


def _mapping(pairs: Sequence[str]) -> dict[str, str]:
    """Reads the values of --map."""
    mapping = {}
    for pair in pairs:
        code, equals, label = (part.strip() for part in pair.partition("="))
        if not (code and equals):
            raise StudyError(f"--map {pair}", remedy="write it as --map joy=happy")
        mapping[code] = label
    return mapping


def _to_dict(found: "Agreement") -> dict[str, object]:
    """Returns what `--json` prints; an undefined figure is null."""
    tables = {
        table.name: [dict(zip(table.names, map(_known, row), strict=True)) for row in table.rows]
        for table in found.tables
    }
    head = {name: getattr(found, name) for name in ("by", "coders", "people", "labels", "notes")}
    return {**head, "tables": tables}


def _known(value: "Value") -> "Value":
    return None if isinstance(value, float) and math.isnan(value) else value


def _print(found: "Agreement", step: float, tolerance: float) -> None:
    from mien.study.agreement.codes import count_of

    console = Console(highlight=False)
    unit = f"steps of {step:g} s" if found.by == "frame" else f"segments, within {tolerance:g} s"
    people, coders = len(found.people), len(found.coders)
    who = f"{people} {'person' if people == 1 else 'people'}, {count_of(coders, 'coder')}"
    console.print(f"{who}; {unit}; [95 % interval over people]", style="dim", markup=False)
    for grid in (
        _grid(console, found.table("comparison"), ("raters",)),
        _grid(console, found.table("pairs"), ("first", "second")),
        _labels(console, found),
    ):
        console.print()
        console.print(grid)


def _grid(console: Console, table: "StudyTable", names: Sequence[str]) -> Table:
    """Returns a table with a row for each of another's, and a cell for each figure."""
    figures = [name for name in table.names if f"{name}_low" in table.names]
    grid = Table(box=None, pad_edge=False, header_style="dim")
    for name in names:
        grid.add_column("" if name == "second" else name)
    for figure in figures:
        grid.add_column(_NAMES[figure], justify="right")
    for row in table.rows:
        values = dict(zip(table.names, row, strict=True))
        named = [printable(str(values[name]), console) for name in names]
        grid.add_row(*named, *(_cell(values, figure) for figure in figures))
    return grid


def _labels(console: Console, found: "Agreement") -> Table:
    """Returns F1 of each label, a column for each pair with Mien."""
    table = found.table("labels")
    rows = [dict(zip(table.names, row, strict=True)) for row in table.rows]
    grid = Table(box=None, pad_edge=False, header_style="dim")
    grid.add_column("F1 of Mien with")
    for coder in found.coders:
        grid.add_column(printable(coder, console), justify="right")
    for label in found.labels:
        cells = [
            _cell(row, "f1")
            for coder in found.coders
            for row in rows
            if (row["first"], row["second"], row["label"]) == (coder, "Mien", label)
        ]
        grid.add_row(label, *cells)
    return grid


def _cell(values: "dict[str, Value]", figure: str) -> str:
    """Formats a figure and its interval: .61 [.52, .70]."""
    value, low, high = (_short(values[f"{figure}{end}"]) for end in ("", "_low", "_high"))
    # Shares of agreement are told without: four intervals are wider than a terminal.
    return value if low == "-" or figure == "agreement" else rf"{value} \[{low}, {high}]"


def _short(value: "Value") -> str:
    if not isinstance(value, float) or math.isnan(value):
        return "-"
    return f"{value:.2f}".replace("0.", ".", 1) if abs(value) < 0.995 else f"{value:.2f}"
