"""What the page says of one person beside the chart, as plain values for the template."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.reporting.chart import neutral_first
from mien.study.quality import judge
from mien.study.recording import Recording
from mien.study.timeline import (
    Segment,
    Timeline,
    count_transitions,
    find_key_moments,
)

_LONGEST_TABLE = 300  # segments; more would make the page slow, and nobody reads them

Images = Mapping[tuple[int, int], str]
"""The data URI of a key moment's image, by person id and the record's row."""


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a person's time one label has: of all seconds in view, 0 to 1."""

    label: int
    share: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Measure:
    """One attribute over a person's records."""

    name: str
    mean: float
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class Moment:
    """A key moment, with the data URI of its image; empty where there is none."""

    segment: Segment
    image: str


@dataclass(frozen=True, slots=True, eq=False)
class PersonSummary:
    """One person's part of the page.

    Attributes:
        timeline: the person's.
        name: of the person: their own, or "Person 1".
        usable: the share of the time in view that is usable, 0 to 1; excluded stretches are not.
        shares: of each label, in the order of the chart, the unsure share last.
        transitions: int64 (L + 1, L + 1), from row to column.
        moments: in order of time.
        segments: the longest of them, in order of time.
        measures: of each attribute that any record has.
    """

    timeline: Timeline
    name: str
    usable: float
    shares: tuple[Share, ...]
    transitions: NDArray[np.int64]
    moments: tuple[Moment, ...]
    segments: tuple[Segment, ...]
    measures: tuple[Measure, ...]

    @property
    def largest(self) -> list[Share]:
        """The three largest shares, the largest first."""
        largest = sorted(self.shares, key=lambda share: -share.share)[:3]
        return [share for share in largest if share.share]

    @property
    def changed(self) -> list[int]:
        """The labels that have a transition, in the order of the chart."""
        counts = self.transitions
        used = (counts.sum(axis=0) + counts.sum(axis=1)).astype(bool)
        return [share.label for share in self.shares if used[share.label]]


def summarize(timeline: Timeline, images: Images, recording: Recording) -> PersonSummary:
    """Sums up one person of a recording."""
    labels = timeline.rows.labels
    order = [*neutral_first(labels), len(labels)]
    shares, seconds = _shares(timeline), timeline.label_seconds
    longest = sorted(timeline.segments, key=lambda it: it.start - it.end)[:_LONGEST_TABLE]
    return PersonSummary(
        timeline=timeline,
        name=recording.people.get(timeline.person) or f"Person {timeline.person}",
        usable=_usable_share(timeline, recording),
        shares=tuple(Share(label, float(shares[label]), float(seconds[label])) for label in order),
        transitions=count_transitions(timeline.segments, len(timeline.rows.codes)),
        moments=tuple(
            Moment(segment, images.get((timeline.person, segment.peak_row), ""))
            for segment in find_key_moments(timeline)
        ),
        segments=tuple(sorted(longest, key=lambda it: it.start)),
        measures=tuple(_measures(timeline)),
    )


def _usable_share(timeline: Timeline, recording: Recording) -> float:
    track = next(it for it in recording.tracks if it.person == timeline.person)
    usable = judge(track.rows)[0] & ~track.excluded
    return float(np.average(usable, weights=track.weights))


def _shares(timeline: Timeline) -> NDArray[np.float64]:
    """Returns each label's share; where all is one frame, which takes no time, of the records."""
    seconds = timeline.label_seconds
    if not seconds.any():
        codes = len(timeline.rows.codes)
        seconds = np.bincount(timeline.rows.label, minlength=codes).astype(np.float64)
    shares: NDArray[np.float64] = seconds / seconds.sum()
    return shares


def _measures(timeline: Timeline) -> list[Measure]:
    measures = []
    for name, values in timeline.rows.attributes.items():
        known = values[~np.isnan(values)].astype(np.float64)
        if len(known):
            measures.append(
                Measure(name, float(known.mean()), float(known.min()), float(known.max()))
            )
    return measures
