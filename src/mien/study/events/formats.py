"""The formats of events that Mien reads and writes, by name."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mien.errors import StudyError
from mien.files import replacing
from mien.study.events.bids import is_bids, read_bids, write_bids
from mien.study.events.boris import read_boris, write_boris
from mien.study.events.boris_table import is_boris_table, read_boris_table, write_boris_table
from mien.study.events.datavyu import (
    is_datavyu,
    read_datavyu,
    read_opf,
    write_datavyu,
    write_opf,
)
from mien.study.events.elan import read_elan, write_elan
from mien.study.events.eprime import is_eprime, read_eprime, write_eprime
from mien.study.events.event import LONGEST_TEXT, Event, sort_events
from mien.study.events.log import Log
from mien.study.events.payload import TEXTS
from mien.study.events.psychopy import (
    is_psychopy,
    read_psychopy,
    read_psychopy_log,
    write_psychopy,
)
from mien.study.events.subtitles import read_srt, read_webvtt, write_srt, write_webvtt
from mien.study.events.table import is_table, read_table, write_table
from mien.study.events.text import read_text


@dataclass(frozen=True, slots=True)
class Format:
    """How events stand in the files of one program.

    Attributes:
        description: in a few words.
        suffixes: of its files, lower case.
        read: reads a file.
        write: returns the content of a file; None where Mien only reads the format.
        recognizes: whether a file of a suffix that several formats share is of this one, by its
            text; None where no other has its suffix.
        names_media: whether its files say which video they are about.
    """

    description: str
    suffixes: tuple[str, ...]
    read: Callable[[Path], Log]
    write: Callable[[Iterable[Event]], str | bytes] | None
    recognizes: Callable[[str], bool] | None = None
    names_media: bool = False


FORMATS: dict[str, Format] = {
    "csv": Format("Mien's own table", (".csv", ".tsv", ".txt"), read_table, write_table, is_table),
    "boris": Format("project of BORIS", (".boris",), read_boris, write_boris, names_media=True),
    "boris-table": Format(
        "tabular or aggregated events of BORIS",
        (".csv", ".tsv", ".txt"),
        read_boris_table,
        write_boris_table,
        is_boris_table,
        names_media=True,
    ),
    "elan": Format("annotations of ELAN", (".eaf",), read_elan, write_elan),
    "datavyu": Format(
        "CSV export of Datavyu", (".csv", ".tsv"), read_datavyu, write_datavyu, is_datavyu
    ),
    "datavyu-opf": Format("spreadsheet of Datavyu", (".opf",), read_opf, write_opf),
    "psychopy": Format(
        "trials of PsychoPy", (".csv", ".tsv"), read_psychopy, write_psychopy, is_psychopy
    ),
    "psychopy-log": Format("log of PsychoPy", (".log",), read_psychopy_log, None),
    "eprime": Format("log of E-Prime", (".txt",), read_eprime, write_eprime, is_eprime),
    "webvtt": Format("WebVTT subtitles", (".vtt",), read_webvtt, write_webvtt),
    "srt": Format("SRT subtitles", (".srt",), read_srt, write_srt),
    "bids": Format("events of BIDS", ("_events.tsv", ".tsv"), read_bids, write_bids, is_bids),
}
"""By name, as `--format` takes them."""


def read_events(path: str | os.PathLike[str], format: str | None = None) -> tuple[Event, ...]:  # noqa: A002
    """Reads the events of a file, in order of onset.

    Args:
        path: of the file.
        format: a key of `FORMATS`; None chooses by the suffix, and by the header where formats
            share one.

    Raises:
        StudyError: the file cannot be read, is not of this format, or a line is not an event.

    Example:
        >>> read_events("talk.eaf")  # doctest: +SKIP
        (Event(onset=3.2, duration=1.5, person='Anna', code='smile', ...),)
    """
    return read_log(path, format).events


def read_log(path: str | os.PathLike[str], format: str | None = None) -> Log:  # noqa: A002
    """Reads the events of a file as `read_events` does, with notes on what was left out of it."""
    path = Path(path)
    log = _find(format).read(path) if format else _recognize(path).read(path)
    for event in log.events:
        _refuse_long_texts(path, event)
    return Log(sort_events(log.events), log.notes)


def write_events(
    path: str | os.PathLike[str],
    events: Iterable[Event],
    format: str | None = None,  # noqa: A002
) -> None:
    """Writes events, or replaces the file; what the format has no place for is packed into it.

    Args:
        path: of the file.
        events: in any order.
        format: a key of `FORMATS`; None chooses by the suffix.

    Raises:
        StudyError: the format is unknown or only read, or it cannot hold an event.
        OSError: the file cannot be written.
    """
    path = Path(path)
    data = _encode(events, format_to_write(path, format), path)
    with replacing(path) as beside:
        beside.write_bytes(data)


def encode_events(events: Iterable[Event], format: str) -> bytes:  # noqa: A002
    """Returns the content of a file of events, as `write_events` writes it.

    Raises:
        StudyError: the format is unknown or only read, or it cannot hold an event.
    """
    return _encode(events, _find(format))


def _encode(events: Iterable[Event], chosen: Format, path: Path | None = None) -> bytes:
    if chosen.write is None:
        raise StudyError(
            f"Mien reads a {chosen.description}, and writes none", subject=path, remedy=_choices()
        )
    content = chosen.write(sort_events(events))
    # No encoding has a lone surrogate, which JSON from elsewhere may hold.
    return content.encode("utf-8", "replace") if isinstance(content, str) else content


def format_to_write(path: Path, name: str | None = None) -> Format:
    """Returns the format of a name, or the one that `write_events` chooses for a file.

    Raises:
        StudyError: there is none.
    """
    return _find(name) if name else _by_suffix(path)[0]


def _find(name: str) -> Format:
    if name not in FORMATS:
        raise StudyError(f"unknown format '{name}'", remedy=_choices())
    return FORMATS[name]


def _choices() -> str:
    return f"choose from {', '.join(name for name, it in FORMATS.items() if it.write)}"


def _by_suffix(path: Path) -> Sequence[Format]:
    """Returns the formats of a file's suffix, that of the longest one first."""
    name = path.name.lower()
    found = [
        (-len(suffix), at, it)
        for at, it in enumerate(FORMATS.values())
        for suffix in it.suffixes
        if name.endswith(suffix)
    ]
    if not found:
        suffixes = dict.fromkeys(suffix for it in FORMATS.values() for suffix in it.suffixes)
        raise StudyError(
            f"no format of events ends in '{path.suffix}'",
            subject=path,
            remedy=f"name the --format, or use one of {', '.join(suffixes)}",
        )
    return [it for _, _, it in sorted(found, key=lambda it: it[:2])]


def _recognize(path: Path) -> Format:
    candidates = _by_suffix(path)
    if candidates[0].recognizes is None:
        return candidates[0]
    start = read_text(path)[:10_000].lstrip("\ufeff")
    return next((it for it in candidates if it.recognizes and it.recognizes(start)), candidates[0])


def _refuse_long_texts(path: Path, event: Event) -> None:
    for name in TEXTS:
        if len(getattr(event, name)) > LONGEST_TEXT:
            raise StudyError(
                f"the {name} of the event at {event.onset:g} s has more than "
                f"{LONGEST_TEXT} letters",
                subject=path,
                remedy="shorten it",
            )
