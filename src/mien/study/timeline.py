"""From records to what each person's face displayed, when and for how long. Pure functions.

Time is weighted by the frames' own times: a record holds until the same person's next one. Where
that is farther away than the gap limit, the person was out of view: the record then holds for one
usual frame interval, no share counts the time between, and no transition crosses it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mien.inference.records import Records

GAP_SECONDS = 0.5
"""A longer time without a record of a person is a gap; see `gap_limit` for slow sources."""

STAY_SECONDS = 0.25
"""A label that holds for less is flicker: it starts no segment, so it is no transition."""

Seconds = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Segment:
    """A time during which one person's face has one label, flicker left out.

    Attributes:
        label: an index into `Records.codes`.
        start: in seconds of the source's time.
        end: in the same; the next segment starts there, or a gap.
        peak: the label's highest smoothed probability; of any label where it is unsure.
        peak_time: when that was.
        peak_row: of the person's own records.
    """

    label: int
    start: float
    end: float
    peak: float
    peak_time: float
    peak_row: int


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """One person's records, M of them, in order of time.

    Attributes:
        person: the person id.
        rows: the records.
        displayed: float32 (M, L): smoothed probabilities; raw where a record has no smoothed ones.
        seconds: float64 (M,): how long each record holds.
        parts: the first record after each gap, 0 at the front.
        segments: in order of time.
    """

    person: int
    rows: Records
    displayed: NDArray[np.float32]
    seconds: Seconds
    parts: NDArray[np.intp]
    segments: tuple[Segment, ...]

    @property
    def visible(self) -> float:
        """For how many seconds the person was in view."""
        return float(self.seconds.sum())

    @property
    def label_seconds(self) -> Seconds:
        """The seconds of each of `rows.codes`, float64 (L + 1,); they sum to `visible`."""
        counts = np.bincount(self.rows.label, self.seconds, minlength=len(self.rows.codes))
        return counts.astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Video:
    """The timelines of one source.

    Attributes:
        source: its name.
        start: the time of its first frame, in seconds.
        end: the time at which its last frame ends.
        frames: how many there are.
        interval: the usual one between frames, in seconds.
        people: from the lowest person id to the highest.
        labels: of the model.
    """

    source: str
    start: float
    end: float
    frames: int
    interval: float
    people: tuple[Timeline, ...]
    labels: tuple[str, ...]


def find_videos(records: Records) -> list[Video]:
    """Splits records by source and person; leaves out faces without a person id, as in photos."""
    sources = dict.fromkeys(records.source.tolist())
    return [_video(source, records.take(records.source == source)) for source in sources]


def _video(source: str, records: Records) -> Video:
    records = records.take(np.argsort(records.time, kind="stable"))
    interval = usual_interval(records.time)
    people = (
        trace_person(records.take(records.person == person), interval)
        for person in np.unique(records.person[records.person >= 0])
    )
    start, end = float(records.time[0]), float(records.time[-1]) + interval
    frames = len(np.unique(records.frame))
    return Video(source, start, end, frames, interval, tuple(people), records.labels)


def trace_person(rows: Records, interval: float) -> Timeline:
    """Makes the timeline of one person.

    Args:
        rows: this person's records, in order of time.
        interval: the usual one between the source's frames, in seconds.
    """
    displayed = np.where(np.isnan(rows.smoothed), rows.raw, rows.smoothed)
    seconds, parts = weight_records(rows.time, interval)
    segments = find_segments(rows.time, rows.label, displayed, seconds, parts)
    return Timeline(int(rows.person[0]), rows, displayed, seconds, parts, tuple(segments))


def usual_interval(times: Seconds) -> float:
    """Returns the median time between the frames of a source; 0 where it has but one."""
    steps = np.diff(np.unique(times))
    return float(np.median(steps)) if len(steps) else 0.0


def gap_limit(interval: float) -> float:
    """Returns above how many seconds an absence is a gap: `GAP_SECONDS`, or three intervals."""
    return max(GAP_SECONDS, 3 * interval)


def weight_records(times: Seconds, interval: float) -> tuple[Seconds, NDArray[np.intp]]:
    """Returns how long each record holds, and the first record of each part between gaps.

    Args:
        times: of one person's records, ascending, float64 (M,).
        interval: how long a record holds before a gap and at the end.
    """
    seconds = np.append(np.diff(times), np.inf)
    before_gap = seconds > gap_limit(interval)
    seconds[before_gap] = interval
    return seconds, np.append(0, np.flatnonzero(before_gap)[:-1] + 1)


def find_segments(
    times: Seconds,
    label: NDArray[np.int8],
    displayed: NDArray[np.float32],
    seconds: Seconds,
    parts: NDArray[np.intp],
) -> Iterator[Segment]:
    """Yields the segments of one person; every record is in exactly one.

    A run of a label that is shorter than `STAY_SECONDS` belongs to the segment before it, or, at
    a part's start, to the one after it. In a part of flicker alone, the longest label wins.
    """
    count = displayed.shape[1]
    for first, last in zip(parts, np.append(parts[1:], len(times)), strict=True):
        for start, stop, code in _settle(label[first:last], seconds[first:last]):
            rows = slice(first + start, first + stop)
            values = displayed[rows, code] if code < count else displayed[rows].max(axis=1)
            peak = int(np.argmax(values))
            at_gap = rows.stop == last
            end = times[rows.stop - 1] + seconds[rows.stop - 1] if at_gap else times[rows.stop]
            yield Segment(
                code,
                float(times[rows.start]),
                float(end),
                float(values[peak]),
                float(times[rows.start + peak]),
                int(rows.start) + peak,
            )


def _settle(label: NDArray[np.int8], seconds: Seconds) -> list[tuple[int, int, int]]:
    """Returns the first row, the row after the last, and the label of each segment of a part."""
    starts = np.append(0, np.flatnonzero(np.diff(label)) + 1)
    stays = np.add.reduceat(seconds, starts) >= STAY_SECONDS
    if not stays.any():
        # A single frame takes no time, and yet has a label.
        weights = seconds if seconds.any() else None
        return [(0, len(label), int(np.argmax(np.bincount(label, weights))))]
    starts = starts[stays]
    codes = label[starts]
    new = np.append(True, np.diff(codes) != 0)
    starts, codes = starts[new], codes[new]
    starts[0] = 0  # what flickers at the start belongs to what follows
    stops = np.append(starts[1:], len(label))
    return list(zip(starts.tolist(), stops.tolist(), codes.tolist(), strict=True))


def count_transitions(segments: tuple[Segment, ...], codes: int) -> NDArray[np.int64]:
    """Counts how often a label followed another, gaps apart.

    Args:
        segments: of one person.
        codes: how many labels there are, `UNSURE` included.

    Returns:
        int64 (codes, codes), from row to column.
    """
    counts = np.zeros((codes, codes), np.int64)
    for before, after in pairwise(segments):
        if before.end == after.start and before.label != after.label:
            counts[before.label, after.label] += 1
    return counts


def find_key_moments(timeline: Timeline) -> list[Segment]:
    """Returns, for each label displayed, the segment with its highest peak; in time order.

    Unsure is no label of the model and has none.
    """
    best: dict[int, Segment] = {}
    for segment in timeline.segments:
        known = best.get(segment.label)
        if segment.label < len(timeline.rows.labels) and (not known or segment.peak > known.peak):
            best[segment.label] = segment
    return sorted(best.values(), key=lambda moment: moment.peak_time)


def pick_rows(
    times: Seconds, values: NDArray[np.float32], parts: NDArray[np.intp], width: float
) -> NDArray[np.intp]:
    """Picks the records that a chart needs so that it keeps every peak, at its own time.

    Time is cut into equal bins. Of each bin the record with the highest value of each column
    stays, and of each part the first and the last.

    Args:
        times: ascending, float64 (M,).
        values: float32 (M, C).
        parts: the first record after each gap.
        width: of a bin, in seconds.

    Returns:
        Row numbers, ascending; at most C a bin and two a part.
    """
    bins = np.floor((times - times[0]) / width).astype(np.int64)
    starts = np.append(0, np.flatnonzero(np.diff(bins)) + 1)
    counts = np.diff(np.append(starts, len(times)))
    highest = np.repeat(np.maximum.reduceat(values, starts, axis=0), counts, axis=0)
    picked = [parts, np.append(parts[1:], len(times)) - 1]
    for column in (values == highest).T:
        rows = np.flatnonzero(column)
        picked.append(rows[np.unique(bins[rows], return_index=True)[1]])
    return np.unique(np.concatenate(picked))
