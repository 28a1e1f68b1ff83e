"""Segments: whether two raters found the same expressions, at about the same time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from mien.study.agreement.coded import CodedTrack, Coding
from mien.study.events import Event
from mien.study.recording import Track
from mien.study.timeline import find_segments

TOLERANCE = 0.5
"""Seconds by which an onset, and an offset, may differ."""

NEUTRAL = "neutral"


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
    """One rater's segments of one person in one recording.

    Attributes:
        person: the participant's name.
        segments: by rater, in order of onset; None for a coder who never coded this person.
    """

    person: str
    segments: tuple[tuple[Segment, ...] | None, ...]


def rate_segments(coding: Coding) -> tuple[RatedSegments, ...]:
    """Returns each coder's segments, in the order of `Coding.coders`, and then Mien's.

    Codes of one label that touch are one segment. Mien's are those of the report: a label that is
    displayed for under a quarter of a second starts none. Unsure is no segment, and a segment that
    meets excluded time is left out.
    """
    return tuple(_rate(coded, coding) for coded in coding.tracks)


def _rate(coded: CodedTrack, coding: Coding) -> RatedSegments:
    excluded = [
        Segment(event.onset, event.end, 0) for event in coded.track.events if event.excluded
    ]
    codes = [coded.codes.get(coder) for coder in coding.coders]
    raters = [
        *(None if events is None else _merge(events, coding.labels) for events in codes),
        _mien(coded.track),
    ]
    kept = (
        None if segments is None else tuple(it for it in segments if not it.meets(excluded))
        for segments in raters
    )
    return RatedSegments(coded.track.name, tuple(kept))


def _mien(track: Track) -> list[Segment]:
    rows = track.rows
    found = find_segments(rows.time, rows.label, track.displayed, track.seconds, track.parts)
    return [Segment(it.start, it.end, it.label) for it in found if it.label < len(rows.labels)]


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
    coding: Coding,
    tolerance: float,
    uncoded: str | None,
) -> NDArray[np.int64]:
    """Counts the segments with each pair of labels of two raters.

    Segments whose onsets and offsets are both within the tolerance are linked, those of one label
    first, each with one at most. Segments of neutral, or of the label of uncoded time, are no
    expressions and not counted. A segment that is linked with none is counted if the other rater
    gave any label during it: where that rater's label is missing, nobody can say that it is wrong.

    Args:
        rated: of all people.
        people: their names.
        pair: the raters, of rows and of columns.
        coding: labels and coders.
        tolerance: in seconds.
        uncoded: the label of the time that a coder left uncoded; None for missing.

    Returns:
        int64 (P, L + 1, L + 1), a confusion matrix a person; the last row and column are none.
    """
    none = len(coding.labels)
    counts = np.zeros((len(people), none + 1, none + 1), np.int64)
    rest = coding.labels.index(uncoded or NEUTRAL) if uncoded or NEUTRAL in coding.labels else none
    place = {name: index for index, name in enumerate(people)}
    judges = [uncoded is not None and rater < len(coding.coders) for rater in pair]
    for each in rated:
        first, second = (each.segments[rater] for rater in pair)
        if first is None or second is None:
            continue
        table = counts[place[each.person]]
        links = _link([first, second], rest, tolerance)
        for one, other in links:
            table[first[one].label, second[other].label] += 1
        for segment in _unlinked(first, {one for one, _ in links}, second, judges[1]):
            table[segment.label, none] += segment.label != rest
        for segment in _unlinked(second, {other for _, other in links}, first, judges[0]):
            table[none, segment.label] += segment.label != rest
    return counts


def _link(
    raters: Sequence[Sequence[Segment]], rest: int, tolerance: float
) -> list[tuple[int, int]]:
    """Links segments one to one: of the same label first, then of any."""
    first, second = ([i for i, it in enumerate(own) if it.label != rest] for own in raters)
    links: list[tuple[int, int]] = []
    for same in (True, False):
        ones = [one for one in first if one not in {link[0] for link in links}]
        others = [other for other in second if other not in {link[1] for link in links}]
        for one in ones:
            segment = raters[0][one]
            # Segments are in order, so the earliest that fits leaves the most for those to come.
            for other in others:
                candidate = raters[1][other]
                alike = not same or segment.label == candidate.label
                if alike and segment.is_near(candidate, tolerance):
                    links.append((one, other))
                    others.remove(other)
                    break
    return links


def _unlinked(
    segments: Sequence[Segment], linked: set[int], others: Sequence[Segment], sees_all: bool
) -> list[Segment]:
    """Returns the segments without a link that the other rater's labels allow to judge."""
    return [
        segment
        for place, segment in enumerate(segments)
        if place not in linked and (sees_all or segment.meets(others))
    ]
