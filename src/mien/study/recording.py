"""Recordings: the records of one source, with the names and events that belong to them."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.errors import StudyError
from mien.inference.records import Records, read_records
from mien.inference.records.table import join
from mien.study.events import Event, read_events, sort_events
from mien.study.people import read_people
from mien.study.tables import CODEBOOK_SUFFIX
from mien.study.timeline import usual_interval, weight_records

EVENTS_SUFFIX = ".events.csv"
"""The events of `talk.csv` are in `talk.events.csv` beside it."""

PEOPLE_SUFFIX = ".people.csv"
"""The names of the people of `talk.csv` are in `talk.people.csv`: columns `person` and `name`."""

NAME, PARTICIPANT, CONDITION = "name", "participant", "condition"
"""Columns of records that name the person, the participant, and the condition."""


@dataclass(frozen=True, eq=False)
class Recording:
    """The records of one source, in order of time, and what belongs to them.

    Attributes:
        name: of the recording: its source without the folder, or a session's name.
        records: of one source.
        people: the name of each person id that has one.
        events: in order of onset.
        columns: by name, the text of each further column that has one value in all records, such as
            a batch's own `participant` and `condition`.
    """

    name: str
    records: Records
    people: Mapping[int, str] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def interval(self) -> float:
        """The usual time between two frames, in seconds; 0 where there is one frame."""
        return usual_interval(self.records.time)

    @property
    def start(self) -> float:
        """The time of the first frame, in seconds."""
        return float(self.records.time[0]) if len(self.records) else 0.0

    @property
    def end(self) -> float:
        """The second at which the last frame ends."""
        return float(self.records.time[-1]) + self.interval if len(self.records) else 0.0

    @cached_property
    def tracks(self) -> tuple["Track", ...]:
        """The people of the recording, by person id; a photo's faces without one are -1."""
        seen = np.unique(self.records.person[self.records.label >= 0])
        return tuple(self._track(int(person)) for person in seen)

    def name_of(self, person: int) -> str:
        """Returns the name of a person: their own, the recording's participant, or a made one.

        Names hold across recordings: two tracks of one name show one participant.
        """
        if name := self.people.get(person):
            return name
        if participant := self.columns.get(PARTICIPANT):
            return participant
        return self.name if person < 0 else f"{self.name} person {person}"

    def _track(self, person: int) -> "Track":
        chosen = (self.records.person == person) & (self.records.label >= 0)
        rows = self.records.take(chosen)
        seconds, parts = weight_records(rows.time, self.interval)
        return Track(self, person, self.name_of(person), rows, seconds, parts)


@dataclass(frozen=True, eq=False)
class Track:
    """The M records of one person in one recording, in order of time.

    Attributes:
        recording: that they are of.
        person: the person id; -1 for faces without one.
        name: of the participant; tracks of one name, in any recording, show one participant.
        rows: the records.
        seconds: float64 (M,): how long each holds; 0 in a photo.
        parts: the first record after each gap, 0 at the front.
    """

    recording: Recording
    person: int
    name: str
    rows: Records
    seconds: NDArray[np.float64]
    parts: NDArray[np.intp]

    @property
    def weights(self) -> NDArray[np.float64]:
        """How much each record counts, float64 (M,): its seconds, or 1 where none takes time."""
        return self.seconds if self.seconds.any() else np.ones_like(self.seconds)

    @property
    def displayed(self) -> NDArray[np.float32]:
        """Smoothed probabilities, float32 (M, L); raw where a record has no smoothed ones."""
        return np.where(np.isnan(self.rows.smoothed), self.rows.raw, self.rows.smoothed)

    @property
    def events(self) -> tuple[Event, ...]:
        """The events about this person or about everybody."""
        return tuple(event for event in self.recording.events if event.concerns(self.name))

    @cached_property
    def excluded(self) -> NDArray[np.bool_]:
        """Which records an event excludes, bool (M,)."""
        excluded = np.zeros(len(self.rows), bool)
        for event in self.events:
            if event.excluded:
                excluded |= event.covers(self.rows.time)
        return excluded

    @cached_property
    def conditions(self) -> NDArray[np.object_]:
        """The condition of each record, object (M,) of strings; "" where there is none.

        It is that of the interval that started last, or else the recording's own.
        """
        own = self.recording.columns.get(CONDITION, "")
        conditions = np.full(len(self.rows), own, np.object_)
        for event in self.events:
            if event.condition:
                conditions[event.covers(self.rows.time)] = event.condition
        return conditions


def load_recordings(
    paths: Iterable[str | os.PathLike[str]], events: Iterable[Event] = ()
) -> list[Recording]:
    """Loads files of records and folders of batch jobs, a recording a source.

    The names and events of `talk.csv` are read from `talk.people.csv` and `talk.events.csv` beside
    it, if they are there. A column `name` of the records names people, too.

    Args:
        paths: of files that `open_records` wrote, or of folders of `mien batch`.
        events: further ones; those that name a recording belong to that one alone.

    Returns:
        In the order of the paths, and of the sources in them.

    Raises:
        MediaError: a file cannot be read.
        StudyError: a folder is none of a batch job, there is no row at all, or an event names a
            recording that is not among them.
    """
    further, recordings = tuple(events), list[Recording]()
    for path in map(Path, paths):
        recordings += _load(path, further)
    if not any(len(recording.records) for recording in recordings):
        raise StudyError("there is no row in the records", remedy="give records that have rows")
    names = {recording.name for recording in recordings}
    for event in further:
        if event.recording and event.recording not in names:
            raise StudyError(
                f"event '{event.title}' is of the recording '{event.recording}', which is missing",
                remedy=f"choose from {', '.join(sorted(names)[:10])}",
            )
    return recordings


def split_records(
    records: Records, events: Sequence[Event] = (), people: Mapping[int, str] | None = None
) -> list[Recording]:
    """Splits a table of records into recordings, one a source, in order of time.

    Args:
        records: of one source, or of several.
        events: of these; one that names a recording belongs to that one alone.
        people: names by person id, of each source.
    """
    recordings = []
    for rows in _by_source(records):
        source = str(rows.source[0])
        # Not Path.name: a camera's number, an address and a Windows path name sources, too.
        name = source.rstrip("/").replace("\\", "/").rsplit("/", 1)[-1] or source
        own = tuple(event for event in events if event.recording in ("", name))
        recordings.append(
            Recording(name, rows, _names(rows) | dict(people or {}), sort_events(own), _texts(rows))
        )
    return recordings


def common_labels(recordings: Sequence[Recording]) -> tuple[str, ...]:
    """Returns the labels of recordings: figures of models with different labels do not compare.

    Raises:
        StudyError: there is no recording, or two have different labels.
    """
    if not recordings:
        raise StudyError("there is no row in the records", remedy="give records that have rows")
    first = recordings[0]
    for recording in recordings:
        if recording.records.labels != first.records.labels:
            raise StudyError(
                f"has the labels {', '.join(recording.records.labels)}, and {first.name} has "
                f"{', '.join(first.records.labels)}",
                subject=recording.name,
                remedy="give records of one model at a time",
            )
    return first.records.labels


def join_people(recording: Recording) -> Recording:
    """Gives all person ids of one name the first of them: a person who was lost and found again.

    Ids of one name that are in one frame together show two faces, and stay apart.
    """
    first: dict[str, int] = {}
    person = recording.records.person.copy()
    for track in recording.tracks:
        joined = first.setdefault(track.name, track.person)
        frames = recording.records.frame[person == joined]
        if joined != track.person and not np.isin(track.rows.frame, frames).any():
            person[person == track.person] = joined
    return replace(recording, records=replace(recording.records, person=person))


def _by_source(records: Records) -> list[Records]:
    sources = {source: index for index, source in enumerate(dict.fromkeys(records.source))}
    index = np.array([sources[source] for source in records.source], np.int64)
    order = np.lexsort((records.time, index))
    cuts = np.flatnonzero(np.diff(index[order])) + 1
    return [records.take(rows) for rows in np.split(order, cuts) if len(rows)]


def _load(path: Path, further: Sequence[Event]) -> list[Recording]:
    if path.is_dir():
        return split_records(_read_job(path), further)
    if path.name.endswith((EVENTS_SUFFIX, PEOPLE_SUFFIX, CODEBOOK_SUFFIX)):  # as in *.csv
        raise StudyError(
            "stands beside records and is read with them",
            subject=path,
            remedy="give the records alone, as in P??.csv",
        )
    beside = path.with_suffix(EVENTS_SUFFIX)
    own = read_events(beside) if beside.is_file() else ()
    names = path.with_suffix(PEOPLE_SUFFIX)
    people = read_people(names) if names.is_file() else {}
    return split_records(read_records(path), (*own, *further), people)


def _read_job(folder: Path) -> Records:
    parts = sorted((folder / "records").glob("*.parquet"))
    if not (folder / "manifest.json").is_file() or not parts:
        raise StudyError(
            "is no folder of a batch job",
            subject=folder,
            remedy="give a file of records, or the --out folder of `mien batch`",
        )
    return join([read_records(part) for part in parts])


def _names(rows: Records) -> dict[int, str]:
    """Reads the names that the records' column `name` gives to person ids."""
    column = rows.extra.get(NAME)
    if column is None:
        return {}
    return {
        int(person): str(name)
        for person, name in zip(rows.person, column, strict=True)
        if name and person >= 0
    }


def _texts(rows: Records) -> dict[str, str]:
    """Returns the further columns that have one value in all rows."""
    texts = {}
    for name, values in rows.extra.items():
        first = values[0]
        if isinstance(first, str) and first and (values == first).all():
            texts[name] = first
        elif isinstance(first, int | bool) and (values == first).all():
            texts[name] = json.dumps(first)
    return texts
