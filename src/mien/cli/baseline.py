"""`mien baseline` and `mien segments`: records corrected by a neutral face, and expressions."""

from math import exp
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.console import print_note, printable, unwritable

if TYPE_CHECKING:
    from mien.study.baseline import Baseline
    from mien.study.measures import Measured
    from mien.study.recording import Recording

RecordsArgument = Annotated[
    list[Path], typer.Argument(help="Files of records, or folders of `mien batch`.")
]
IntervalOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Name of the events during which faces are neutral; may be repeated.",
        show_default="baseline, neutral",
    ),
]
FromOption = Annotated[
    list[Path] | None,
    typer.Option("--from", help="Other recordings of the participants; may be repeated."),
]
RestOption = Annotated[
    bool,
    typer.Option("--rest", help="Where no interval is marked, take how the face rests."),
]
LimitOption = Annotated[
    list[str] | None,
    typer.Option(
        "--limit",
        metavar="NAME=VALUE",
        help="What makes a face usable: side, sharpness, dark, bright, yaw, pitch, score.",
    ),
]


def baseline(
    records: RecordsArgument,
    out: Annotated[Path, typer.Option(help="The .csv, .parquet or .xlsx to write.")],
    interval: IntervalOption = None,
    from_: FromOption = None,
    rest: RestOption = False,
    limit: LimitOption = None,
) -> None:
    """Corrects records by each participant's neutral face; raw columns stay beside corrected ones.

    The neutral face is that of an interval named baseline or neutral. A participant without one is
    not corrected, unless --rest is given: then it is how the face rests.
    """
    from mien.study.derived import derived_table
    from mien.study.recording import load_recordings
    from mien.study.tables import write_tables

    recordings = load_recordings(records)
    measured, baselines = _measure(recordings, interval, from_, rest, limit)
    _print_baselines(measured, baselines)
    for path in write_tables(out, [derived_table(recordings, measured)]):
        typer.echo(f"{path}")


def segments(
    records: RecordsArgument,
    out: Annotated[
        Path, typer.Option(help="The events to write: .csv .eaf .boris .vtt .srt _events.tsv")
    ],
    interval: IntervalOption = None,
    from_: FromOption = None,
    rest: RestOption = False,
    limit: LimitOption = None,
) -> None:
    """Writes each expression with its onset, apex and offset, as events."""
    from mien.study.events import write_events
    from mien.study.recording import load_recordings
    from mien.study.segments import find_expressions, to_events

    measured, _ = _measure(load_recordings(records), interval, from_, rest, limit)
    expressions = [expression for part in measured for expression in find_expressions(part)]
    try:
        write_events(out, to_events(expressions))
    except OSError as error:
        raise unwritable(out, error, "choose another place with --out") from None
    people, count = len({part.track.name for part in measured}), len(expressions)
    typer.echo(
        f"{out}: {count} expression{'' if count == 1 else 's'} of "
        f"{people} {'person' if people == 1 else 'people'}"
    )


def _measure(
    recordings: "list[Recording]",
    interval: list[str] | None,
    others: list[Path] | None,
    rest: bool,
    limit: list[str] | None,
) -> "tuple[list[Measured], dict[str, Baseline]]":
    from mien.study.baseline import INTERVALS, find_baselines
    from mien.study.measures import measure
    from mien.study.quality import Limits
    from mien.study.recording import load_recordings

    limits = Limits.parse(limit or [])
    neutral = load_recordings(others) if others else recordings
    names = tuple(name.casefold() for name in interval) if interval else INTERVALS
    baselines = find_baselines(neutral, names, rest=rest, limits=limits, on_problem=_print_problem)
    return measure(recordings, limits, baselines), baselines


def _print_problem(problem: str) -> None:
    print_note(f"{problem.rstrip('.')}; this participant is not corrected")


def _print_baselines(measured: "list[Measured]", baselines: "dict[str, Baseline]") -> None:
    """Prints a line for each participant."""
    from rich.table import Table

    from mien.cli.tables import console

    grid = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("participant", "neutral from", "seen", "weight", "most corrected"):
        grid.add_column(title)
    for part in {part.track.name: part for part in measured}.values():
        name, own = printable(part.track.name, console), baselines.get(part.track.name)
        if own is None:
            grid.add_row(name, "none", "-", "-", "-")
            continue
        at = int(abs(own.shift).argmax())
        times = exp(-own.shift[at])
        label = part.track.rows.labels[at]
        unit = "s" if part.track.seconds.any() else "photos"
        grid.add_row(
            name,
            own.origin,
            f"{own.looks:.1f} {unit}",
            f"{own.weight:.2f}",
            f"{label} x {times:.2f}",
        )
    console.print(grid)
