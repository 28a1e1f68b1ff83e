"""Latencies: how long after an event an expression began."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mien.study.events import Event
from mien.study.summary.cells import Observation

ANY = "any"
"""Stands for the first expression, whichever it is."""


@dataclass(frozen=True, slots=True)
class Latency:
    """How soon one person showed an expression after the events of one name.

    Attributes:
        person: the participant.
        condition: at the event's onset.
        event: its name.
        label: of the expression, or `ANY`.
        events: how many there were whose response time was usable for half at least.
        responses: after how many of these the expression began.
        median: seconds from the event's onset to the expression's, median of the responses; NaN
            where there is none.
        shortest: of the responses; NaN where there is none.
    """

    person: str
    condition: str
    event: str
    label: str
    events: int
    responses: int
    median: float
    shortest: float


def find_latencies(observations: Sequence[Observation], within: float) -> list[Latency]:
    """Finds the first onset of each expression after each named event.

    A response counts until the next event of any name, and for `within` seconds at most. An
    expression that lasts already when the event comes is no response to it.

    Args:
        observations: of videos; photos have no latencies.
        within: the longest latency, in seconds.

    Returns:
        For each person, condition and name of an event, one for each label and one for `ANY`.
    """
    found: dict[tuple[str, str, str], list[dict[str, float]]] = {}
    for observation in observations:
        for event, end in _list_windows(observation, within):
            condition = observation.condition_at(event.onset)
            responses = found.setdefault((observation.person, condition, event.name), [])
            if _is_usable(observation, event.onset, end):
                responses.append(_first_onsets(observation, event.onset, end))
    labels = observations[0].track.rows.labels if observations else ()
    return [
        _summarize(key, label, responses)
        for key, responses in found.items()
        for label in (ANY, *labels)
        if label == ANY or any(label in first for first in responses)
    ]


def named_events(observation: Observation) -> list[Event]:
    """Returns the events within a recording that have a name and exclude nothing, by onset."""
    recording = observation.track.recording
    return [
        event
        for event in observation.track.events
        if event.name and not event.excluded and recording.start <= event.onset < recording.end
    ]


def _list_windows(observation: Observation, within: float) -> Iterator[tuple[Event, float]]:
    """Yields each named event, and when its response time ends."""
    events = named_events(observation)
    for event in events:
        later = [other.onset for other in events if other.onset > event.onset]
        yield event, min([event.onset + within, observation.track.recording.end, *later[:1]])


def _is_usable(observation: Observation, start: float, end: float) -> bool:
    rows = observation.track.rows.time
    within = observation.measured.usable & (rows >= start) & (rows < end)
    return bool(observation.track.seconds[within].sum() >= (end - start) / 2)


def _first_onsets(observation: Observation, start: float, end: float) -> dict[str, float]:
    """Returns the latency of each label that began from `start` until `end`, and of `ANY`."""
    first: dict[str, float] = {}
    for expression in observation.expressions:
        if start <= expression.onset < end:
            for label in (ANY, expression.label):
                first.setdefault(label, expression.onset - start)
    return first


def _summarize(
    key: tuple[str, str, str], label: str, responses: Sequence[dict[str, float]]
) -> Latency:
    times = [first[label] for first in responses if label in first]
    middle, shortest = (np.median(times), min(times)) if times else (np.nan, np.nan)
    return Latency(*key, label, len(responses), len(times), float(middle), float(shortest))
