"""Segments: whether two raters found the same expressions, at about the same time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from mien.study.agreement.coded import CodedTrack, Coding
from mien.study.baseline import NEUTRAL
from mien.study.events import Event
from mien.study.measures import Measured
from mien.study.recording import Track
from mien.study.segments import find_expressions

TOLERANCE = 0.5
"""Seconds by which an onset, and an offset, may differ."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A time during which one rater gave one label.

    Attributes:
        onset: in seconds.
        end: in the same; the onset of a moment.
        label: an index into `Coding.labels`.
    """

    onset: float
    end: float
    label: int

    def is_near(self, other: "Segment", tolerance: float) -> bool:
        """Returns whether onset and offset are within a tolerance of another's."""
        onset, end = abs(self.onset - other.onset), abs(self.end - other.end)
        return max(onset, end) <= tolerance + 1e-9

    def meets(self, others: Iterable["Segment"]) -> bool:
        """Returns whether it shares time with any of others."""
        return any(
            self.onset < other.end and other.onset < self.end
            if self.onset < self.end and other.onset < other.end
            else self.onset <= other.end and other.onset <= self.end
            for other in others
        )


@dataclass(frozen=True, slots=True)
class RatedSegments:
    """Every rater's expressions of one person in one recording.

    Attributes:
        person: the participant's name.
        expressions: by rater, in order of onset; None for a coder who never coded this person.
        seen: by rater, when they gave any label, such as neutral; None for always.
    """

    person: str
    expressions: tuple[tuple[Segment, ...] | None, ...]
    seen: tuple[tuple[Segment, ...] | None, ...]


def rate_segments(
    coding: Coding, measured: Mapping[Track, Measured], uncoded: str | None
) -> tuple[RatedSegments, ...]:
    """Returns each coder's expressions, in the order of `Coding.coders`, and then Mien's.

    Codes of one label that touch are one segment. Mien's are those of `find_expressions`. Segments
    of neutral, or of the label of uncoded time, are no expressions; one that meets excluded time,
    or is cut by it, is left out.

    Args:
        coding: the people and their codes.
        measured: of each track.
        uncoded: the label of the time that a coder left uncoded in a person whom they coded; None
            for missing.

    Returns:
        One for each of `coding.tracks` that takes time: a photo has no segments.
    """
    lasting = (coded for coded in coding.tracks if coded.track.recording.interval)
    return tuple(_rate(coded, coding, measured[coded.track], uncoded) for coded in lasting)


def _rate(
    coded: CodedTrack, coding: Coding, measured: Measured, uncoded: str | None
) -> RatedSegments:
    frame = coded.track.recording.interval  # what excluded time cuts ends up to a frame from it
    excluded = [
        Segment(event.onset - frame, event.end + frame, 0)
        for event in coded.track.events
        if event.excluded
    ]
    rest = uncoded or NEUTRAL
    codes = [coded.codes.get(coder) for coder in coding.coders]
    raters = [None if own is None else _merge(own, coding.labels) for own in codes]
    raters.append(
        [
            Segment(found.onset, found.offset, coding.labels.index(found.label))
            for found in find_expressions(measured)
        ]
    )
    expressions = (
        None
        if own is None
        else tuple(it for it in own if coding.labels[it.label] != rest and not it.meets(excluded))
        for own in raters
    )
    seen = [None if uncoded or own is None else tuple(own) for own in raters[:-1]]
    return RatedSegments(coded.track.name, tuple(expressions), (*seen, _usable(measured)))


def _usable(measured: Measured) -> tuple[Segment, ...]:
    """Returns the stretches of usable records."""
    times, usable = measured.track.rows.time, measured.usable
    ends = times + measured.track.seconds
    joined = usable[:-1] & usable[1:] & (times[1:] <= ends[:-1] + 1e-9)
    starts = times[usable & ~np.append(False, joined)]
    stops = ends[usable & ~np.append(joined, False)]
    return tuple(Segment(*span, 0) for span in zip(starts.tolist(), stops.tolist(), strict=True))


def _merge(events: Sequence[Event], labels: Sequence[str]) -> list[Segment]:
    """Joins the codes of one label that touch or overlap."""
    last: dict[str, Segment] = {}
    merged: list[Segment] = []
    for event in events:
        before = last.get(event.code)
        if before and event.onset <= before.end + 1e-6:
            merged.remove(before)
            onset, end = before.onset, max(before.end, event.end)
        else:
            onset, end = event.onset, event.end
        last[event.code] = Segment(onset, end, labels.index(event.code))
        merged.append(last[event.code])
    return sorted(merged, key=attrgetter("onset", "end"))


def count_segments(
    rated: Iterable[RatedSegments],
    people: Sequence[str],
    pair: tuple[int, int],
    labels: int,
    tolerance: float,
) -> NDArray[np.int64]:
    """Counts the expressions with each pair of labels of two raters.

    Expressions whose onsets and offsets are both within the tolerance are linked, those of one
    label first, each with one at most. One that is linked with none is counted if the other rater
    gave any label during it: where that rater's label is missing, nobody can say that it is wrong.

    Args:
        rated: of all people.
        people: their names.
        pair: the raters, of rows and of columns.
        labels: how many labels there are, L.
        tolerance: in seconds.

    Returns:
        int64 (P, L + 1, L + 1), a confusion matrix a person; the last row and column are none.
    """
    counts = np.zeros((len(people), labels + 1, labels + 1), np.int64)
    place = {name: index for index, name in enumerate(people)}
    for each in rated:
        first, second = (each.expressions[rater] for rater in pair)
        if first is None or second is None:
            continue
        seen, also_seen = (each.seen[rater] for rater in pair)
        table = counts[place[each.person]]
        links = _link(first, second, tolerance)
        for one, other in links:
            table[first[one].label, second[other].label] += 1
        for segment in _unlinked(first, {one for one, _ in links}, also_seen):
            table[segment.label, labels] += 1
        for segment in _unlinked(second, {other for _, other in links}, seen):
            table[labels, segment.label] += 1
    return counts


def _link(
    first: Sequence[Segment], second: Sequence[Segment], tolerance: float
) -> list[tuple[int, int]]:
    """Links segments one to one: of the same label first, then of any."""
    links: list[tuple[int, int]] = []
    ones, others = list(range(len(first))), list(range(len(second)))
    for same in (True, False):
        for one in tuple(ones):
            # Segments are in order, so the earliest that fits leaves the most for those to come.
            for other in others:
                alike = not same or first[one].label == second[other].label
                if alike and first[one].is_near(second[other], tolerance):
                    links.append((one, other))
                    ones.remove(one)
                    others.remove(other)
                    break
    return links


def _unlinked(
    segments: Sequence[Segment], linked: set[int], seen: Sequence[Segment] | None
) -> list[Segment]:
    """Returns the segments without a link that the other rater's labels allow to judge."""
    return [
        segment
        for place, segment in enumerate(segments)
        if place not in linked and (seen is None or segment.meets(seen))
    ]
