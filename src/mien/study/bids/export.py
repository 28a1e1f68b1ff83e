"""Writes recordings as a BIDS dataset.

Mien's figures are derived from videos, so the dataset is a derivative: put the folder under
`derivatives/mien` of a study, or use it alone. Each participant has, under `beh/`, a table of
events and a continuous recording of the face. Videos have no place in the standard yet; they are
named as its extension proposal 047 does, and `.bidsignore` lists them.
"""

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mien.errors import StudyError
from mien.files import new_folder
from mien.study.bids.files import (
    Row,
    describe_events,
    make_label,
    write_dataset_files,
    write_json,
    write_table,
)
from mien.study.bids.series import describe_series, make_series
from mien.study.events import Event, sort_events
from mien.study.events.bids import write_bids
from mien.study.recording import CONDITION, NAME, PARTICIPANT, Recording, Track

_SPARSE = 20
"""Times as long as its frames fill; a longer recording would be nearly all missing, and huge."""

_KNOWN = {NAME, PARTICIPANT, CONDITION, "prior", "detector", "clock"}


@dataclass(frozen=True, slots=True)
class BidsDataset:
    """What was written.

    Attributes:
        folder: of the dataset.
        labels: by participant's name, the label in `sub-LABEL`.
        notes: what was left out or renamed, a sentence each.
    """

    folder: Path
    labels: dict[str, str]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Run:
    """One participant in one recording."""

    recording: Recording
    tracks: list[Track] = field(default_factory=list)


def export_bids(
    recordings: Iterable[Recording],
    folder: str | os.PathLike[str],
    *,
    task: str = "faces",
    name: str = "Facial expressions",
    videos: bool = False,
) -> BidsDataset:
    """Writes recordings as a BIDS dataset.

    Args:
        recordings: of videos; photos have no time series and are left out, with a note.
        folder: to make; it may exist if it is empty.
        task: what participants did: ASCII letters and digits.
        name: of the dataset.
        videos: whether to copy the videos too, where they still stand at their source.

    Raises:
        StudyError: the folder is not empty or cannot be written, the task is no label, or no
            recording has a time series.

    Example:
        >>> dataset = export_bids(load_recordings(["talk.csv"]), "bids")  # doctest: +SKIP
        >>> dataset.labels  # doctest: +SKIP
        {'Anna': 'Anna'}
    """
    if not re.fullmatch(r"[0-9A-Za-z]+", task):
        raise StudyError(
            "a task of BIDS is one word of letters and digits",
            subject=f"task '{task}'",
            remedy="leave out all else",
        )
    people, notes = _group(recordings)
    labels = make_labels(people, notes)
    with _new_folder(Path(folder)) as beside:
        rows = [_describe(labels[person], person, runs) for person, runs in people.items()]
        write_dataset_files(beside, name, rows, videos)
        for person, runs in people.items():
            for number, run in enumerate(runs, 1):
                stem = f"sub-{labels[person]}_task-{task}"
                stem += f"_run-{number}" if len(runs) > 1 else ""
                place = beside / f"sub-{labels[person]}" / "beh" / stem
                _write_run(place, run, task)
                notes += _copy_video(place, run.recording) if videos else []
    return BidsDataset(Path(folder), labels, tuple(notes))


def _group(recordings: Iterable[Recording]) -> tuple[dict[str, list[_Run]], list[str]]:
    """Returns each participant's recordings, by name, and what is left out."""
    people: dict[str, list[_Run]] = {}
    notes = []
    for recording in recordings:
        if why := _unfit(recording):
            notes.append(f"{recording.name}: left out, because {why}")
            continue
        for track in recording.tracks:
            runs = people.setdefault(track.name, [])
            if not runs or runs[-1].recording is not recording:
                runs.append(_Run(recording))
            runs[-1].tracks.append(track)
    if not people:
        raise StudyError(
            "no recording shows a face over time", remedy="give records of videos or cameras"
        )
    return people, notes


def _unfit(recording: Recording) -> str:
    """Returns why a recording cannot be a time series; empty where it can."""
    if not recording.interval:
        return "it has one frame, as a photo"
    if not recording.tracks:
        return "no face is in it"
    frames = len(np.unique(recording.records.time))
    length = recording.end - recording.start
    if length > _SPARSE * frames * recording.interval:
        return f"its times jump: {frames} frames in {length:.0f} s"
    return ""


def make_labels(names: Iterable[str], notes: list[str]) -> dict[str, str]:
    """Returns a label for each name; notes each that another name would have, too."""
    labels: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        wanted = make_label(name) or f"person{len(labels) + 1}"
        label, count = wanted, 1
        while label.casefold() in taken:  # some disks take Anna and anna for one folder
            count += 1
            label = f"{wanted}x{count}"
        if label != wanted:
            notes.append(f"'{name}' is sub-{label}, because another is sub-{wanted}")
        taken.add(label.casefold())
        labels[name] = label
    return labels


def _describe(label: str, name: str, runs: list[_Run]) -> Row:
    """Returns a participant's row: the study's own columns where they have one value."""
    seconds = sum(float(track.seconds.sum()) for run in runs for track in run.tracks)
    row: Row = {"participant_id": f"sub-{label}", "name": name, "seconds": round(seconds, 3)}
    columns = [run.recording.columns for run in runs]
    for column in columns[0].keys() - _KNOWN - row.keys():
        values = {other.get(column) for other in columns}
        if len(values) == 1:
            row[column] = values.pop()
    return row


def _write_run(place: Path, run: _Run, task: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    series = make_series(run.recording, run.tracks)
    physio = f"{place}_recording-face_physio"
    write_table(Path(f"{physio}.tsv.gz"), series.to_tsv())
    about = {
        "TaskName": task,
        "SamplingFrequency": series.frequency,
        "StartTime": series.start,
        "Columns": list(series.columns),
        "Manufacturer": "Mien",
        **_made_by(run.recording),
        **describe_series(run.recording.records),
    }
    write_json(Path(f"{physio}.json"), about)
    if events := _events(run):
        write_table(Path(f"{place}_events.tsv"), write_bids(events))
        write_json(Path(f"{place}_events.json"), {"TaskName": task, **describe_events()})


def _made_by(recording: Recording) -> dict[str, str]:
    """Returns what the records say of how the faces were found and labeled."""
    names = {"detector": "FaceDetector", "prior": "AssumedBaseRates"}
    columns = recording.columns
    return {key: columns[name] for name, key in names.items() if name in columns}


def _events(run: _Run) -> tuple[Event, ...]:
    """Returns a participant's events; a condition of the whole recording is one of them."""
    recording = run.recording
    events = run.tracks[0].events
    if condition := recording.columns.get(CONDITION):
        length = recording.end - recording.start
        events = (Event(recording.start, length, condition=condition), *events)
    return sort_events(events)


def _copy_video(place: Path, recording: Recording) -> list[str]:
    """Copies a recording's video beside its series; returns why not, if it cannot be."""
    source = Path(str(recording.records.source[0]))
    if not source.is_file():
        return [f"{recording.name}: its video was not found, so it is not copied"]
    name = f"{place}_recording-face_video"
    shutil.copyfile(source, f"{name}{source.suffix.lower()}")
    write_json(Path(f"{name}.json"), {"Duration": round(recording.end - recording.start, 6)})
    return []


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """Gives a folder to fill, which gets its name once all is written.

    Raises:
        StudyError: there are files in it, or it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StudyError("it exists already", subject=folder, remedy="choose another with --out")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with new_folder(folder) as beside:
            yield beside
    except OSError as error:
        raise StudyError(
            f"cannot be written ({error.strerror or error})",
            subject=folder,
            remedy="choose another place with --out",
        ) from None
