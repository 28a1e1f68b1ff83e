"""Subtitles: WebVTT and SRT, in which a cue is an event and its text the name."""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from mien.errors import StudyError
from mien.study.events.event import Event, sort_events
from mien.study.events.log import Log
from mien.study.events.payload import (
    Fields,
    View,
    embed,
    extract,
    heading,
    in_milliseconds,
    milliseconds,
    one_line,
    pack,
    refuse_negative,
    unpack,
)
from mien.study.events.text import parse_time, read_text

_TIMING = re.compile(r"\s*(\S+)\s+-->\s+(\S+).*")
_VOICE = re.compile(r"<v(?:\.[^ >]*)? ([^>]*)>")
_TAG = re.compile(r"</?[a-zA-Z0-9][^<>]*>")
_SHORTEST = 1  # milliseconds; a cue ends after it starts


def read_webvtt(path: Path) -> Log:
    """Reads cues; the voice `<v Anna>` is the person. What Mien packed is in notes before cues."""
    text = read_text(path)
    if not text.startswith("WEBVTT"):
        raise StudyError(
            "does not start with WEBVTT", subject=path, remedy="use --format srt for SRT"
        )
    events, packed = list[Event](), ""
    for line, block in _blocks(text):
        if block[0].startswith("NOTE"):
            packed = extract(" ".join(block).removeprefix("NOTE").strip())[1]
        elif cue := _parse(path, line, block):
            times, words = cue
            voice = _VOICE.search(words)
            held = {
                "person": html.unescape(voice[1]) if voice else "",
                "name": html.unescape(_TAG.sub("", words)).strip(),
            }
            events.append(_event(path, line, times, held, packed, _vtt_view))
            packed = ""
    return Log(tuple(events))


def write_webvtt(events: Iterable[Event]) -> str:
    """Returns cues, with a note before each that WebVTT cannot hold whole."""
    blocks = ["WEBVTT"]
    for event in sort_events(events):
        refuse_negative(event, "WebVTT")
        if packed := pack(event, _vtt_view):
            blocks.append(f"NOTE {packed}")
        seen = _vtt_view(event)
        voice = f"<v {html.escape(seen.person)}>" if seen.person else ""
        blocks.append(f"{_timing(event, '.')}\n{voice}{html.escape(seen.name, quote=False)}")
    return "\n\n".join(blocks) + "\n"


def read_srt(path: Path) -> Log:
    """Reads cues; tags are left out. What Mien packed is at the end of a cue's text."""
    events = list[Event]()
    for line, block in _blocks(read_text(path)):
        if cue := _parse(path, line, block):
            words, packed = extract(cue[1])
            held = {"name": _TAG.sub("", words).strip()}
            events.append(_event(path, line, cue[0], held, packed, _srt_view))
    if not events:
        raise StudyError("has no cue", subject=path, remedy="choose another --format")
    return Log(tuple(events))


def write_srt(events: Iterable[Event]) -> str:
    """Returns numbered cues, the rest of an event in the last line of each."""
    blocks = []
    for number, event in enumerate(sort_events(events), 1):
        refuse_negative(event, "SRT")
        words = embed(_srt_view(event).name, pack(event, _srt_view))
        blocks.append(f"{number}\n{_timing(event, ',')}\n{words}\n")
    return "\n".join(blocks)


def _vtt_view(event: Event) -> Event:
    return Event(
        **in_milliseconds(*milliseconds(event, _SHORTEST)),
        person=one_line(event.person),
        name=heading(event),
    )


def _srt_view(event: Event) -> Event:
    held = Event(**in_milliseconds(*milliseconds(event, _SHORTEST)), name=heading(event))
    return replace(held, name=_TAG.sub("", held.name).strip() or "marker")


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yields the lines between empty ones, and the number of the first."""
    block = list[str]()
    for number, line in enumerate([*text.replace("\r\n", "\n").split("\n"), ""], 1):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


def _parse(path: Path, line: int, block: list[str]) -> tuple[tuple[int, int], str] | None:
    """Returns the times and the text of a cue; None for a block that is none."""
    at = next((at for at, text in enumerate(block[:2]) if "-->" in text), None)
    if at is None:
        return None
    match = _TIMING.fullmatch(block[at])
    times = [parse_time(it) for it in match.groups()] if match else [None]
    if None in times:
        raise StudyError(
            f"'{block[at].strip()[:60]}' are no times",
            subject=f"{path}, line {line + at}",
            remedy="write 00:00:01.500 --> 00:00:02.000",
        )
    start, stop = (round((it or 0) * 1000) for it in times)
    return (start, stop), " ".join(text.strip() for text in block[at + 1 :])


def _event(
    path: Path, line: int, times: tuple[int, int], held: Fields, packed: str, view: View
) -> Event:
    try:
        return unpack(Event(**in_milliseconds(*times), **held), packed, view)
    except StudyError as error:
        place = f"{path}, cue in line {line}"
        raise StudyError(error.reason, subject=place, remedy=error.remedy) from None


def _timing(event: Event, point: str) -> str:
    return " --> ".join(_clock(it, point) for it in milliseconds(event, _SHORTEST))


def _clock(milliseconds: int, point: str) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours:02}:{minutes:02}:{seconds % 60:02}{point}{rest:03}"
