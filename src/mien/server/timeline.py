"""A session's timelines, in as few points as a drawing needs, and each person's shares of time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mien.emotions import EMOTIONS
from mien.inference.records import LABELS
from mien.reporting.timeline import Seconds, Timeline, Video, pick_rows

_SHORTEST = 1e-3  # seconds; a part has a length


@dataclass(frozen=True, slots=True)
class Curve:
    """One person's timeline.

    Attributes:
        person: the number.
        visible: for how many seconds of the part that was asked for they were in view.
        seconds: how many of these each label was shown, flicker and all.
        times: of the points, in seconds, ascending; the first and the last may lie one record
            outside the part, so that a drawing reaches its edges.
        frames: the numbers of the points' frames.
        labels: of each point.
        values: of each emotion, its smoothed probability at each point.
        parts: the first point after each time out of view; 0 is the first of these.
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
        videos: of one session; photos, whose faces are nobody's, have no curve.
        points: into how many bins of time the part is cut; a bin has at most 7 points.
        start: of the part, in seconds.
        end: of the same; None is the end of the last record.
    """
    if end is None:  # a lone record ends as it begins, and is to be in the part
        end = max((video.end for video in videos), default=0.0) + _SHORTEST
    end = max(end, start + _SHORTEST)
    people = (one for video in videos for one in video.people)
    return [_curve(one, (end - start) / points, start, end) for one in people]


def _curve(one: Timeline, width: float, start: float, end: float) -> Curve:
    first, last = _reach(one, start, end)
    times, shown = one.rows.time[first:last], one.shown[first:last]
    parts = np.unique(np.append(0, one.parts - first)).astype(np.intp)
    parts = parts[(parts >= 0) & (parts < len(times))]
    picked = pick_rows(times, shown, parts, width) if len(times) else np.array([], np.intp)
    rows = picked + first
    seconds = _label_seconds(one, start, end)
    return Curve(
        one.person,
        round(float(seconds.sum()), 6),
        dict(zip(LABELS, np.round(seconds, 6).tolist(), strict=True)),
        one.rows.time[rows].tolist(),
        one.rows.frame[rows].tolist(),
        [LABELS[label] for label in one.rows.label[rows]],
        dict(zip(EMOTIONS, np.round(one.shown[rows].astype(float), 4).T.tolist(), strict=True)),
        np.searchsorted(picked, parts).tolist(),
    )


def _reach(one: Timeline, start: float, end: float) -> tuple[int, int]:
    """Returns the rows of a part of time, with a neighbour on each side unless a gap is there."""
    first, last = (int(row) for row in np.searchsorted(one.rows.time, [start, end], side="left"))
    starts = np.append(one.parts, len(one.rows))
    return first - (first not in starts), last + (last not in starts)


def _label_seconds(one: Timeline, start: float, end: float) -> Seconds:
    """Returns for how many seconds of a part of time each label was shown."""
    begins, ends = one.rows.time, one.rows.time + one.seconds
    inside = np.maximum(np.minimum(ends, end) - np.maximum(begins, start), 0)
    return np.bincount(one.rows.label, inside, minlength=len(LABELS)).astype(np.float64)
