"""Timelines of a session, in as few points as a chart needs, with each label's time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mien.study.timeline import Seconds, Timeline, Video, pick_rows

_SHORTEST = 1e-3  # seconds


@dataclass(frozen=True, slots=True)
class Curve:
    """One person's timeline.

    Attributes:
        person: the person id.
        visible: the seconds in view, within the requested part.
        seconds: of these, with each label, flicker included.
        times: of the points, in seconds, ascending; the first and the last may lie one record
            outside the part, so that a chart reaches its edges.
        frames: the numbers of the points' frames.
        labels: of each point.
        values: the smoothed probability at each point, by label.
        parts: the first point after each gap; 0 is the first of these.
    """

    person: int
    visible: float
    seconds: dict[str, float]
    times: list[float]
    frames: list[int]
    labels: list[str]
    values: dict[str, list[float]]
    parts: list[int]


def find_curves(
    videos: Sequence[Video], points: int, start: float = 0.0, end: float | None = None
) -> list[Curve]:
    """Makes the curve of each person of a session; peaks keep their height and their time.

    Args:
        videos: of one session; faces without a person id, as in photos, have no curve.
        points: the number of time bins; a bin has at most one point per label.
        start: of the part, in seconds.
        end: of the same; None is the end of the last record.
    """
    if end is None:  # a single record has no length, and must be in the part
        end = max((video.end for video in videos), default=0.0) + _SHORTEST
    end = max(end, start + _SHORTEST)
    people = (person for video in videos for person in video.people)
    return [_curve(person, (end - start) / points, start, end) for person in people]


def _curve(person: Timeline, width: float, start: float, end: float) -> Curve:
    first, last = _reach(person, start, end)
    times, displayed = person.rows.time[first:last], person.displayed[first:last]
    parts = np.unique(np.append(0, person.parts - first)).astype(np.intp)
    parts = parts[(parts >= 0) & (parts < len(times))]
    picked = pick_rows(times, displayed, parts, width) if len(times) else np.array([], np.intp)
    rows, codes = picked + first, person.rows.codes
    seconds = _label_seconds(person, start, end)
    values = np.round(person.displayed[rows].astype(float), 4)
    return Curve(
        person=person.person,
        visible=round(float(seconds.sum()), 6),
        seconds=dict(zip(codes, np.round(seconds, 6).tolist(), strict=True)),
        times=person.rows.time[rows].tolist(),
        frames=person.rows.frame[rows].tolist(),
        labels=[codes[label] for label in person.rows.label[rows]],
        values=dict(zip(person.rows.labels, values.T.tolist(), strict=True)),
        parts=np.searchsorted(picked, parts).tolist(),
    )


def _reach(person: Timeline, start: float, end: float) -> tuple[int, int]:
    """Returns the rows of a part of time, with a neighbour on each side unless a gap is there."""
    first, last = (int(row) for row in np.searchsorted(person.rows.time, [start, end]))
    starts = np.append(person.parts, len(person.rows))
    return first - (first not in starts), last + (last not in starts)


def _label_seconds(person: Timeline, start: float, end: float) -> Seconds:
    """Returns the seconds of a part of time with each label."""
    starts, ends = person.rows.time, person.rows.time + person.seconds
    inside = np.maximum(np.minimum(ends, end) - np.maximum(starts, start), 0)
    seconds = np.bincount(person.rows.label, inside, minlength=len(person.rows.codes))
    return seconds.astype(np.float64)
