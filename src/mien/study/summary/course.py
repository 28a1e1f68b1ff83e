"""Time courses: the mean expression around an event, with a band over persons."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.errors import StudyError
from mien.study.bootstrap import DRAWS
from mien.study.summary.cells import Observation
from mien.study.summary.latency import named_events

STEP = 0.1
"""Seconds between two times of a course; longer where a window has over `MOST_STEPS` of them."""

MOST_STEPS = 200

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Course:
    """The mean course of T times in one condition.

    Attributes:
        condition: "" where there is none.
        times: seconds from the event, or from the recording's start; float64 (T,).
        people: the names of the P persons.
        values: float64 (P, T, L), each person's mean over their events; NaN where nothing was
            usable.
        events: how many there were, of all persons.
        mean: over the persons, float64 (T, L); NaN where nobody was usable.
        low: lower limit of its 95 % interval over persons; NaN where under two were usable.
        high: upper limit.
    """

    condition: str
    times: Floats
    people: tuple[str, ...]
    values: Floats
    events: int
    mean: Floats
    low: Floats
    high: Floats


def trace_events(
    observations: Sequence[Observation], name: str, window: tuple[float, float]
) -> list[Course]:
    """Traces the corrected probabilities around the events of one name.

    Every person counts once, however many events they have.

    Args:
        observations: of videos.
        name: of the events.
        window: seconds from the onset: where the course starts, and ends.

    Returns:
        One for each condition that holds at the events' onsets.

    Raises:
        StudyError: there is no such event, or the window ends before it starts.
    """
    if not np.isfinite(window).all() or window[0] >= window[1]:
        raise StudyError(
            f"the window {window[0]:g},{window[1]:g} has no length",
            remedy="give its start and its end in seconds, such as -2,5",
        )
    times = _space(*window)
    traces: dict[str, dict[str, list[Floats]]] = defaultdict(lambda: defaultdict(list))
    for observation in observations:
        for event in named_events(observation):
            if event.name == name:
                trace = sample(observation, event.onset + times)
                traces[observation.condition_at(event.onset)][observation.person].append(trace)
    if not traces:
        raise StudyError(f"there is no event '{name}'", remedy=_advise(observations))
    return [_average(condition, times, people) for condition, people in traces.items()]


def trace_recordings(observations: Sequence[Observation], steps: int = 120) -> Course:
    """Traces the corrected probabilities from the start of each recording, all conditions together.

    Args:
        observations: of videos.
        steps: how many times there are to the end of the longest recording.
    """
    recordings = [observation.track.recording for observation in observations]
    longest = max(recording.end - recording.start for recording in recordings)
    times = (np.arange(steps) + 0.5) * longest / steps
    traces: dict[str, list[Floats]] = defaultdict(list)
    for observation in observations:
        trace = sample(observation, observation.track.recording.start + times)
        traces[observation.person].append(trace)
    return _average("", times, traces)


def sample(observation: Observation, times: Floats) -> Floats:
    """Returns the corrected probabilities that hold at some times, float64 (T, L).

    A record holds until the next one, as everywhere; NaN where the person was out of view, or the
    record is not usable.
    """
    track = observation.track
    # A frame's time has six decimals in a file: a time that equals it must meet it.
    times = times + 1e-6
    place = np.searchsorted(track.rows.time, times, "right") - 1
    row = np.maximum(place, 0)
    held = (place >= 0) & (times < track.rows.time[row] + track.seconds[row])
    values = observation.measured.corrected[row].copy()
    values[~(held & observation.measured.usable[row])] = np.nan
    return values


def band(values: Floats, seed: int = 0) -> tuple[Floats, Floats]:
    """Returns the 95 % interval of the mean over people at each of many points.

    Equal to `bootstrap_people` of each point's mean, with the same people drawn at all points.

    Args:
        values: float64 (P, ...), one a person; NaN where a person has none.
        seed: of the draws.

    Returns:
        The lower and the upper limit, each of the shape of a person's values; NaN where under two
        people have a value, or where over a twentieth of the draws have none.
    """
    people, *shape = values.shape
    flat = values.reshape(people, -1)
    drawn = np.random.default_rng(seed).integers(0, people, (DRAWS, people))
    times = np.stack([(drawn == person).sum(axis=1) for person in range(people)], axis=1)
    known = ~np.isnan(flat)
    counts = times @ known.astype(np.float64)
    with np.errstate(invalid="ignore"):
        means = times @ np.where(known, flat, 0) / counts
    limits = np.full((2, flat.shape[1]), np.nan)
    told = (known.sum(axis=0) > 1) & (np.isnan(means).mean(axis=0) <= 0.05)
    limits[:, told] = np.nanquantile(means[:, told], (0.025, 0.975), axis=0)
    low, high = limits.reshape(2, *shape)
    return low, high


def mean_of(values: Floats) -> Floats:
    """Returns the mean over the first axis of what is known; NaN where nothing is."""
    known = ~np.isnan(values)
    counts = known.sum(axis=0)
    return np.where(counts, np.where(known, values, 0).sum(axis=0) / np.maximum(counts, 1), np.nan)


def _space(start: float, end: float) -> Floats:
    steps = min(round((end - start) / STEP), MOST_STEPS) or 1
    return np.linspace(start, end, steps + 1)


def _average(condition: str, times: Floats, traces: "dict[str, list[Floats]]") -> Course:
    values = np.stack([mean_of(np.stack(own)) for own in traces.values()])
    events = sum(map(len, traces.values()))
    return Course(condition, times, tuple(traces), values, events, mean_of(values), *band(values))


def _advise(observations: Sequence[Observation]) -> str:
    names = dict.fromkeys(event.name for it in observations for event in named_events(it))
    if not names:
        return "give events with --events, or beside the records"
    return f"choose from {', '.join(list(names)[:10])}"
