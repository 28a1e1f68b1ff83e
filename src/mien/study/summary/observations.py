"""From recordings to what a summary rests on: tracks that are measured, checked and comparable."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from mien.errors import StudyError
from mien.study.baseline import Baseline
from mien.study.events import find_problems
from mien.study.measures import measure
from mien.study.quality import Limits
from mien.study.recording import Recording, common_labels, join_people
from mien.study.segments import find_expressions
from mien.study.summary.cells import Observation

MOST_NOTES = 10
"""Doubtful events that are named; more are counted."""


def observe(
    recordings: Sequence[Recording],
    baselines: Mapping[str, Baseline] | None,
    limits: Limits | None,
) -> tuple[list[Observation], list[str]]:
    """Measures the tracks that a summary can use.

    Args:
        recordings: all of one model's labels.
        baselines: by participant; None for none.
        limits: of what is usable; the defaults if None.

    Returns:
        The observations, and a sentence on everything that was left out.

    Raises:
        StudyError: the recordings have different labels, or no record is usable.
    """
    common_labels(recordings)
    distinct, doubled = _leave_out_doubles([join_people(it) for it in recordings])
    timed, photos = _leave_out_photos(distinct)
    observations = [
        Observation(measured, find_expressions(measured))
        for measured in measure(timed, limits=limits, baselines=baselines)
    ]
    if not any(it.measured.usable.any() for it in observations):
        raise StudyError(
            "no record is usable",
            remedy="see which limits they fail: the column reason of `mien baseline --out`",
        )
    uncorrected = _list_uncorrected(observations, baselines or {})
    return observations, [*doubled, *photos, *_doubt_events(timed), *uncorrected]


def _leave_out_doubles(recordings: Sequence[Recording]) -> tuple[list[Recording], list[str]]:
    """Leaves out recordings in which one name has two faces at once: it is not known whose."""
    kept, notes = [], []
    for recording in recordings:
        if name := _find_double(recording):
            notes.append(
                f"{recording.name} is left out: it shows two faces at once as '{name}'. Name its "
                "people in a file beside it, columns person and name"
            )
        else:
            kept.append(recording)
    if not kept:
        raise StudyError(notes[0], remedy="all recordings are like that") from None
    return kept, notes


def _find_double(recording: Recording) -> str:
    """Returns a name that two faces of one frame have; "" where there is none."""
    times = defaultdict(list)
    for track in recording.tracks:
        times[track.name].append(track.rows.time)
    for name, parts in times.items():
        together = np.concatenate(parts)
        if len(np.unique(together)) < len(together):
            return name
    return ""


def _leave_out_photos(recordings: Sequence[Recording]) -> tuple[list[Recording], list[str]]:
    """Leaves out photos beside videos: a photo has no seconds to be weighted by."""
    videos = [recording for recording in recordings if recording.interval]
    photos = len(recordings) - len(videos)
    if not videos or not photos:
        return list(recordings), []
    return videos, [f"{photos} photos (or single frames) are left out: they take no time"]


def _doubt_events(recordings: Sequence[Recording]) -> list[str]:
    problems = [
        f"{recording.name}: {problem}"
        for recording in recordings
        for problem in find_problems(
            recording.events,
            recording.start,
            recording.end,
            {track.name for track in recording.tracks},
        )
    ]
    more = len(problems) - MOST_NOTES
    return problems[:MOST_NOTES] + ([f"{more} more events are doubtful"] if more > 0 else [])


def _list_uncorrected(
    observations: Sequence[Observation], baselines: Mapping[str, Baseline]
) -> list[str]:
    people = dict.fromkeys(observation.person for observation in observations)
    lacking = [person for person in people if person not in baselines]
    if not lacking:
        return []
    if len(lacking) == len(people):
        return ["no baseline: corrected probabilities equal the raw ones"]
    shown = ", ".join(lacking[:5]) + (f" and {len(lacking) - 5} more" if len(lacking) > 5 else "")
    return [f"no baseline of {shown}: their corrected probabilities equal the raw ones"]
