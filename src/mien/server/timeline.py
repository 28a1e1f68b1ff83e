"""A session's timelines, in as few points as a drawing needs, and each person's shares of time."""

from dataclasses import dataclass

import numpy as np

from mien.emotions import EMOTIONS
from mien.inference.records import LABELS, Records
from mien.reporting.timeline import Timeline, find_films, pick_rows


@dataclass(frozen=True, slots=True)
class Curve:
    """One person's timeline.

    Attributes:
        person: the number.
        visible: for how many seconds they were in view.
        seconds: how many of these each label was shown, flicker and all.
        times: of the points, in seconds, ascending.
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


def find_curves(records: Records, points: int, start: float, end: float) -> list[Curve]:
    """Makes the curve of each person of a session; peaks keep their height and their time.

    Args:
        records: of one session; photos, whose faces are nobody's, have no curve.
        points: into how many bins of time the part is cut; a bin has at most 7 points.
        start: of the part to draw, in seconds.
        end: of the same. Shares of time are of the whole.
    """
    people = [one for film in find_films(records) for one in film.people]
    return [_curve(one, (end - start) / points, start, end) for one in people]


def _curve(one: Timeline, width: float, start: float, end: float) -> Curve:
    first, last = np.searchsorted(one.rows.time, [start, end], side="left")
    times, shown = one.rows.time[first:last], one.shown[first:last]
    parts = np.unique(np.append(0, one.parts - first)).astype(np.intp)
    parts = parts[(parts >= 0) & (parts < len(times))]
    picked = pick_rows(times, shown, parts, width) if len(times) else np.array([], np.intp)
    rows = picked + first
    return Curve(
        one.person,
        round(one.visible, 6),
        dict(zip(LABELS, np.round(one.label_seconds, 6).tolist(), strict=True)),
        one.rows.time[rows].tolist(),
        one.rows.frame[rows].tolist(),
        [LABELS[label] for label in one.rows.label[rows]],
        dict(zip(EMOTIONS, np.round(one.shown[rows].astype(float), 4).T.tolist(), strict=True)),
        np.searchsorted(picked, parts).tolist(),
    )
