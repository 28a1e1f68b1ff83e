"""`mien people`: names the people of a recording."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from mien.cli.console import unwritable
from mien.errors import StudyError


def people(
    records: Annotated[Path, typer.Argument(help="A file that `mien predict --records` wrote.")],
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID=NAME]...", help="Such as 1=Anna; 1= removes the name."),
    ] = None,
) -> None:
    """Lists the people of a recording, and names them.

    Two ids of one name are two tracks of one participant.
    """
    from mien.study.people import read_people, write_people
    from mien.study.recording import PEOPLE_SUFFIX, load_recordings

    recordings = [] if records.is_dir() else load_recordings([records])
    if len(recordings) != 1:
        raise StudyError(
            "person ids hold within one recording, and this is none, or several",
            subject=records,
            remedy="give records of one source",
        )
    beside = records.with_suffix(PEOPLE_SUFFIX)
    if names:
        known = read_people(beside) if beside.is_file() else {}
        named = known | _parse(names, {track.person for track in recordings[0].tracks})
        try:
            write_people(beside, {person: name for person, name in named.items() if name})
        except OSError as error:
            raise unwritable(beside, error, "make room, or allow writing there") from None
        recordings = load_recordings([records])
    for track in recordings[0].tracks:
        seconds = f"{track.seconds.sum():.1f} s in view"
        typer.echo(f"{track.person:>4}  {track.name}  ({seconds})")


def _parse(names: Sequence[str], ids: set[int]) -> dict[int, str]:
    """Reads ID=NAME; the ids must be of people that the records have."""
    parsed: dict[int, str] = {}
    for text in names:
        person, equals, name = (part.strip() for part in text.partition("="))
        if not equals or not person.isdecimal():
            raise StudyError(f"'{text}'", remedy="write it as 1=Anna")
        if int(person) not in ids:
            known = ", ".join(map(str, sorted(ids))) or "nobody"
            raise StudyError(f"person {person} is not in the records", remedy=f"they have {known}")
        if parsed.setdefault(int(person), name) != name:
            raise StudyError(f"person {person} is named twice", remedy="keep one of the names")
    return parsed
