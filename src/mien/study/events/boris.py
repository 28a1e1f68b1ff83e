"""Projects of BORIS, the Behavioral Observation Research Interactive Software: `.boris`, JSON.

An observation is a recording. A behavior is a code, the subject the person, modifiers the name.
A state event is two entries of one subject, behavior and modifiers: the first starts it, the next
stops it. The structure is that of project format 7.0, which BORIS 7 and 8 read.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mien.errors import StudyError
from mien.study.events.boris_states import (
    Entry,
    choose_lanes,
    heading_of,
    modifiers_of,
    pair,
    view,
)
from mien.study.events.event import Event, sort_events
from mien.study.events.log import Log
from mien.study.events.payload import embed, milliseconds, pack
from mien.study.events.text import read_text

_STATE, _POINT = "State event", "Point event"
_UNNAMED = "events"  # the observation of events that name no recording


_NO_PROJECT = (
    *(ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError),
)


def read_boris(path: Path) -> Log:
    """Reads all observations of a project; the recording is the name of its first media file."""
    try:
        project = json.loads(read_text(path))
        kinds = {it["code"]: it["type"] for it in project["behaviors_conf"].values()}
        states = {code for code, kind in kinds.items() if kind.startswith("State")}
        found = [
            _read_observation(path, name, observation, states)
            for name, observation in project["observations"].items()
        ]
    except _NO_PROJECT as error:
        raise StudyError(
            f"is no project of BORIS ({type(error).__name__}: {error})",
            subject=path,
            remedy="save it with BORIS 7 or later",
        ) from None
    events = (event for log in found for event in log.events)
    return Log(tuple(events), tuple(note for log in found for note in log.notes))


def write_boris(events: Iterable[Event]) -> str:
    """Returns a project with an observation for each recording."""
    events = sort_events(events)
    states = {heading_of(event) for event in events if view(event).duration}
    by_recording = defaultdict[str, list[Event]](list)
    for event in events:
        by_recording[view(event).recording].append(event)
    project = {
        "time_format": "hh:mm:ss",
        "project_date": _now(),
        "project_name": "Events from Mien",
        "project_description": "",
        "project_format_version": "7.0",
        "subjects_conf": _subjects(events),
        "behaviors_conf": _behaviors(events, states),
        "observations": {
            recording or _UNNAMED: _observation(recording, own, states)
            for recording, own in by_recording.items()
        },
        "behavioral_categories": [],
        "independent_variables": {},
        "coding_map": {},
        "behaviors_coding_map": [],
        "converters": {},
    }
    return json.dumps(project, indent=1)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _read_observation(path: Path, name: str, content: dict[str, Any], states: set[str]) -> Log:
    files = content.get("file")
    media = files.get("1") if isinstance(files, dict) else None
    recording = _file_name(media[0]) if media else name
    if recording == _UNNAMED and not media:
        recording = ""
    entries = [
        Entry(float(time), *map(_text, (subject, code, modifiers, comment)))
        for time, subject, code, modifiers, comment, *_ in content["events"]
    ]
    log = pair(entries, states, recording, f"{path}, observation {name}")
    offset = float(content.get("time offset") or 0)
    told = f"observation {name} has a time offset of {offset:g} s, which is not applied"
    return replace(log, notes=(*log.notes, told)) if offset else log


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value


def _file_name(media: str) -> str:
    return media.replace("\\", "/").rsplit("/", 1)[-1]


def _subjects(events: Sequence[Event]) -> dict[str, dict[str, str]]:
    names = dict.fromkeys(view(event).person for event in events)
    return {
        str(at): {"key": "", "name": name, "description": ""}
        for at, name in enumerate(filter(None, names))
    }


def _behaviors(events: Sequence[Event], states: set[str]) -> dict[str, dict[str, str]]:
    codes = dict.fromkeys(map(heading_of, events))
    return {
        str(at): {
            "type": _STATE if code in states else _POINT,
            "key": "",
            "code": code,
            "description": "",
            "color": "",
            "category": "",
            "modifiers": "",
            "excluded": "",
            "coding map": "",
        }
        for at, code in enumerate(codes)
    }


def _observation(recording: str, events: Sequence[Event], states: set[str]) -> dict[str, object]:
    media = {str(player): list[str]() for player in range(1, 9)}
    media["1"] = [recording] if recording else []
    entries = [
        entry for event, lane in choose_lanes(events) for entry in _entries(event, lane, states)
    ]
    return {
        "file": media,
        "type": "MEDIA" if recording else "LIVE",
        "date": _now(),
        "description": "",
        "time offset": 0.0,
        "events": sorted(entries, key=lambda entry: entry[0]),
        "observation time interval": [0, 0],
        "independent_variables": {},
        "visualize_spectrogram": False,
        "visualize_waveform": False,
        "close_behaviors_between_videos": False,
        "media_info": {"length": {}, "fps": {}, "hasVideo": {}, "hasAudio": {}},
    }


def _entries(event: Event, lane: int, states: set[str]) -> Iterator[list[Any]]:
    start, stop = milliseconds(event)
    head = [view(event).person, heading_of(event), modifiers_of(event, lane)]
    yield [start / 1000, *head, embed(event.note, pack(event, view)), "NA"]
    if heading_of(event) in states:
        yield [stop / 1000, *head, "", "NA"]
