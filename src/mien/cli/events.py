"""`mien events`: what happened during a recording, from other programs and to them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.console import print_note, unwritable
from mien.cli.events_view import format_count, print_events, print_problems
from mien.errors import StudyError

if TYPE_CHECKING:
    from mien.study.events import Event
    from mien.study.recording import Recording

events = typer.Typer(
    help="Events of a recording: list, add, import and export them.", no_args_is_help=True
)

Records = Annotated[Path, typer.Argument(help="A file that `mien predict --records` wrote.")]
RecordingName = Annotated[
    str | None,
    typer.Option("--recording", help="Which recording, if the records are of several."),
]
Time = Annotated[str, typer.Option(metavar="TIME", help="Seconds, or hh:mm:ss.mmm.")]


@events.command(name="import")
def import_(
    log: Annotated[Path, typer.Argument(help="The file of another program.")],
    records: Annotated[Path, typer.Option(help="The records that the events belong to.")],
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="csv, boris, boris-table, elan, datavyu, datavyu-opf, psychopy, psychopy-log, "
            "eprime, webvtt, srt, bids.",
            show_default="by the file",
        ),
    ] = None,
    offset: Annotated[
        float | None,
        typer.Option(help="The second of the recording at which the log's clock is 0."),
    ] = None,
    start_clock: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="When the log's clock was 0, such as 2026-11-27T09:00:00+01:00.",
        ),
    ] = None,
    unit: Annotated[str, typer.Option(help="Of the log's times: s, ms, min.")] = "s",
    label: Annotated[
        str | None,
        typer.Option(
            help="What the log's labels are: code, name, condition.", show_default="by the format"
        ),
    ] = None,
    person: Annotated[
        str | None, typer.Option(help="Whom events without a person are about.")
    ] = None,
    author: Annotated[str | None, typer.Option(help="Who made events without an author.")] = None,
    recording: RecordingName = None,
) -> None:
    """Adds the events of a file to those of a recording, once each."""
    from mien.study.events import find_problems, merging, read_log

    _check(unit=(unit, merging.UNITS), label=(label, merging.LABELS))
    chosen, several = _load(records, recording)
    found = read_log(log, format_)
    new, notes = merging.choose_recording(found.events, chosen.name)
    new = merging.shift(new, _offset(chosen, offset, start_clock), unit)
    merging.refuse_other_time_base(new, chosen.start, chosen.end)
    new = merging.relabel(new, label) if label else new
    new = tuple(_complete(event, person, author, chosen.name if several else "") for event in new)
    added = _add(records, new)
    for note in (*found.notes, *notes):
        print_note(f"note: {note}")
    problems = find_problems(new, chosen.start, chosen.end, _people(chosen))
    print_problems(problems)
    known = len(new) - added
    typer.echo(
        f"{_beside(records)}: {format_count(added)} added" + (f", {known} known" if known else "")
    )


@events.command()
def export(
    records: Records,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The file to write.")],
    format_: Annotated[
        str | None,
        typer.Option(
            "--format", help="As of `mien events import`.", show_default="by the file's suffix"
        ),
    ] = None,
    recording: RecordingName = None,
) -> None:
    """Writes the events of a recording for another program."""
    from mien.study.events import format_to_write, write_events

    chosen, _ = _load(records, recording)
    named = chosen.name if format_to_write(out, format_).names_media else ""
    try:
        write_events(out, [replace(event, recording=named) for event in chosen.events], format_)
    except OSError as error:
        raise unwritable(out, error, "choose another place with --out") from None
    typer.echo(f"{out}: {format_count(len(chosen.events))}")


@events.command(name="list")
def list_(records: Records, recording: RecordingName = None) -> None:
    """Prints the events of a recording, and what is doubtful about them."""
    from mien.study.events import find_problems

    chosen, _ = _load(records, recording)
    if chosen.events:
        print_events(chosen.events)
    people = ", ".join(sorted(_people(chosen))) or "nobody"
    typer.echo(
        f"{chosen.name}: {format_count(len(chosen.events))}; {chosen.start:g} to {chosen.end:g} s; "
        f"people: {people}"
    )
    print_problems(find_problems(chosen.events, chosen.start, chosen.end, _people(chosen)))


@events.command()
def add(
    records: Records,
    onset: Time,
    duration: Time = "0",
    name: Annotated[str, typer.Option(help="What happened.")] = "",
    condition: Annotated[str, typer.Option(help="The condition that holds.")] = "",
    code: Annotated[str, typer.Option(help="A label that you give, such as happy.")] = "",
    person: Annotated[str, typer.Option(help="Whom it is about.", show_default="everybody")] = "",
    note: Annotated[str, typer.Option(help="Free text.")] = "",
    author: Annotated[str, typer.Option(help="Who made it.")] = "",
    exclude: Annotated[
        bool, typer.Option("--exclude", help="Leave the interval out of summaries.")
    ] = False,
    recording: RecordingName = None,
) -> None:
    """Adds one event to a recording; without a duration it is a moment."""
    from mien.study.events import Event, find_problems

    chosen, several = _load(records, recording)
    event = Event(
        _seconds("--onset", onset),
        _seconds("--duration", duration),
        person,
        name,
        condition,
        code,
        note,
        author,
        exclude,
        chosen.name if several else "",
    )
    if exclude and not event.duration:
        raise StudyError("a moment excludes nothing", remedy="give --duration")
    added = _add(records, [event])
    print_problems(find_problems([event], chosen.start, chosen.end, _people(chosen)))
    typer.echo(f"{_beside(records)}: {format_count(added)} added")


def _load(records: Path, name: str | None) -> "tuple[Recording, bool]":
    """Returns a recording, and whether its records are of others, too."""
    from mien.study.recording import load_recordings

    if records.is_dir():
        raise StudyError(
            "is a folder; events belong to one file of records",
            subject=records,
            remedy="give that file",
        )
    found = {recording.name: recording for recording in load_recordings([records])}
    if name is None and len(found) == 1:
        return next(iter(found.values())), False
    if name not in found:
        reason = "are of several recordings" if name is None else f"have no recording '{name}'"
        raise StudyError(
            f"the records {reason}",
            subject=records,
            remedy=f"choose with --recording from {', '.join(sorted(found)[:10])}",
        )
    return found[name], len(found) > 1


def _beside(records: Path) -> Path:
    from mien.study.recording import EVENTS_SUFFIX

    return records.with_suffix(EVENTS_SUFFIX)


def _people(recording: "Recording") -> set[str]:
    return {track.name for track in recording.tracks}


def _check(**options: tuple[str | None, Sequence[str] | dict[str, float]]) -> None:
    """Refuses values of options that are not among their choices."""
    for option, (value, choices) in options.items():
        if value is not None and value not in choices:
            raise StudyError(f"--{option} {value}", remedy=f"use {', '.join(choices)}")


def _offset(recording: "Recording", offset: float | None, start_clock: str | None) -> float:
    """Returns the second of the recording at which the log's clock is 0."""
    import numpy as np

    from mien.clocks import parse_clock

    if start_clock is None:
        return offset or 0.0
    if offset is not None:
        raise StudyError("--offset and --start-clock both say when", remedy="give one of them")
    try:
        zero = parse_clock(start_clock)
    except ValueError as error:
        raise StudyError(
            f"--start-clock: {error}", remedy="write it as 2026-11-27T09:00:00+01:00"
        ) from None
    starts = recording.records.clock - recording.records.time
    if np.isnan(starts).all():
        raise StudyError(
            "the records have no column clock with times", remedy="give --offset SECONDS"
        )
    return zero - float(np.nanmedian(starts))


def _complete(event: "Event", person: str | None, author: str | None, recording: str) -> "Event":
    return replace(
        event,
        person=event.person or person or "",
        author=event.author or author or "",
        recording=recording,
    )


def _add(records: Path, new: "Sequence[Event]") -> int:
    """Merges events into the file beside the records; returns how many were not there yet."""
    from mien.study.events import merging, read_events, write_events

    beside = _beside(records)
    known = read_events(beside) if beside.is_file() else ()
    merged, added = merging.merge(known, new)
    try:
        if added:
            write_events(beside, merged)
    except OSError as error:
        raise unwritable(beside, error, "make room, or allow writing there") from None
    return added


def _seconds(option: str, text: str) -> float:
    from mien.study.events.text import parse_time

    seconds = parse_time(text)
    if seconds is None:
        raise StudyError(f"{option} {text}", remedy="use seconds such as 1.5, or 00:01:02.500")
    return seconds
