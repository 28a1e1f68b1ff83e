"""`mien study`: plan what people code, code it, estimate from it, and run it all again."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.console import needs_extra, print_note
from mien.cli.events_view import print_problems
from mien.cli.study_view import print_results
from mien.errors import StudyError

if TYPE_CHECKING:
    from mien.study.design import StudyFolder

study = typer.Typer(
    help="Studies by design: plan, code, estimate and replay.", no_args_is_help=True
)

Folder = Annotated[
    Path, typer.Argument(metavar="STUDY", help="The folder that `mien study plan` made.")
]


@study.command()
def plan(
    records: Annotated[
        list[Path], typer.Argument(help="Files of records, or folders of `mien batch`.")
    ],
    out: Annotated[Path, typer.Option(metavar="STUDY", help="The new folder of the study.")],
    minutes: Annotated[float, typer.Option(help="The most that a coder shall code.")] = 20,
    stretches: Annotated[int, typer.Option(help="The most stretches to code.")] = 100,
    seconds: Annotated[float, typer.Option(help="The length of a stretch.")] = 2,
    random: Annotated[
        float, typer.Option(help="The part of the chances that is equal for all stretches.")
    ] = 0.5,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
) -> None:
    """Chooses the stretches that tell most, and random ones among them, by known chances.

    The stretches are spread over conditions and people. Conditions come from events.
    """
    from mien.study.design import plan_study
    from mien.study.design.plan import load_planned
    from mien.study.events import find_problems

    made = plan_study(
        records,
        out,
        minutes=minutes,
        stretches=stretches,
        seconds=seconds,
        random=random,
        seed=seed,
    )
    for recording in load_planned(made):
        people = {track.name for track in recording.tracks}
        print_problems(find_problems(recording.events, recording.start, recording.end, people))
    if len(made.stretches) < stretches:
        print_note("note: the minutes or the records allow no more stretches.")
    conditions = {it.condition for it in made.stretches if it.condition}
    typer.echo(
        f"{out}: {len(made.stretches)} stretches of {seconds:g} s; "
        f"people: {len({it.person for it in made.stretches})}; "
        f"conditions: {', '.join(sorted(conditions)) or 'none'}"
    )
    typer.echo(f"Next: mien study code {out} --coder NAME")


@study.command()
def code(
    folder: Folder,
    coder: Annotated[str, typer.Option(help="Your name: letters, digits, - and _.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 picks a free port.")] = 8000,
) -> None:
    """Shows the stretches in Studio, blind, in a random order; each code is saved at once."""
    from mien.folders import data_folder

    with needs_extra("serve"):
        from mien.server.run import run
        from mien.server.settings import Settings
    opened = _open(folder)
    opened.order(coder)  # refuses a name that no file can have
    settings = Settings(port=port, folder=data_folder(), study=folder, coder=coder)
    run(settings, on_start=lambda started: _print_address(started.local))


@study.command()
def estimate(
    folder: Folder,
    out: Annotated[
        Path | None, typer.Option(help="Write all tables to this .csv, .parquet or .xlsx.")
    ] = None,
) -> None:
    """Estimates shares and contrasts: Mien alone, coding alone, and Mien corrected by the codes.

    Intervals are 95 %, over the stretches of the study. The results are saved in its folder.
    """
    from mien.study.design import estimate_study, save_results
    from mien.study.tables import write_tables

    opened = _open(folder)
    results = estimate_study(opened)
    save_results(opened, results)
    written = write_tables(out, results.tables) if out else []
    print_results(results)
    for note in results.notes:
        print_note(f"note: {note}.")
    for path in written:
        typer.echo(f"{path}")


@study.command()
def replay(folder: Folder) -> None:
    """Plans and estimates the study again; names what differs, with status 1 if anything does."""
    from mien.study.design import replay_study

    found = replay_study(_open(folder))
    for difference in found.differences:
        typer.echo(f"{difference}")
    if found.differences:
        count = len(found.differences)
        raise StudyError(f"{count} difference{'s' if count > 1 else ''}", subject=folder)
    rows = f"{found.rows} rows of results" if found.rows else "no results are saved yet"
    typer.echo(f"{folder}: the same again: {found.stretches} stretches, {rows}")


def _open(folder: Path) -> "StudyFolder":
    from mien.study.design import StudyFolder

    return StudyFolder.open(folder)


def _print_address(address: str) -> None:
    typer.echo(f"Code at {address} (Ctrl+C to stop)")
