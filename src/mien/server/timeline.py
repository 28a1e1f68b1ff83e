"""Timelines of a session, in as few points as a chart needs, with each label's time."""

from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from mien.emotions import UNSURE
from mien.server.store import Store
from mien.server.store.people import Person, find_roots
from mien.server.store.series import Series
from mien.study.timeline import Seconds, pick_rows, usual_interval, weight_records

_SHORTEST = 1e-3  # seconds


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """The faces of one person, in order of time.

    Attributes:
        person: the person id; merged people have one track.
        rows: of the session's series.
        seconds: float64 (M,): how long each row holds.
        parts: the first row after each gap, 0 at the front.
    """

    person: int
    rows: Series
    seconds: Seconds
    parts: NDArray[np.intp]

    def seconds_within(self, start: float, end: float) -> Seconds:
        """Returns how long each row holds within a part of time."""
        starts, ends = self.rows.time, self.rows.time + self.seconds
        within: Seconds = np.maximum(np.minimum(ends, end) - np.maximum(starts, start), 0)
        return within

    @property
    def visits(self) -> list[tuple[float, float]]:
        """When the person was in view: start and end of each part between gaps, in seconds."""
        lasts = np.append(self.parts[1:], len(self.seconds)) - 1
        ends = self.rows.time[lasts] + self.seconds[lasts]
        return list(zip(self.rows.time[self.parts].tolist(), ends.tolist(), strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """The tracks of a session.

    Attributes:
        people: by person id; faces without one, as in photos, are in none.
        labels: of the session's model.
        end: the time at which the last frame ends.
    """

    people: tuple[Track, ...]
    labels: tuple[str, ...]
    end: float

    @property
    def codes(self) -> tuple[str, ...]:
        """What `Series.label` counts: the labels, then `UNSURE`."""
        return (*self.labels, UNSURE)

    def whole(self, start: float, end: float | None) -> tuple[float, float]:
        """Returns a part of time, up to the last row where it has no end."""
        # A single row has no length, and must be in the part.
        return start, max(self.end + _SHORTEST if end is None else end, start + _SHORTEST)


_known: WeakKeyDictionary[Series, tuple[tuple[Person, ...], Tracks]] = WeakKeyDictionary()
"""Tracks for as long as their series is in memory, so that a zoom computes them once."""


def read_tracks(store: Store, session: int) -> Tracks:
    """Returns the tracks of a session's people; merged people have one.

    Raises:
        UnknownItemError: there is no such session.
    """
    found, people = store.sessions.get(session), tuple(store.people.list(session))
    series = store.series.read(found)
    known = _known.get(series)
    if known is None or known[0] != people:
        known = people, find_tracks(series, find_roots(people), found.labels)
        _known[series] = known
    return known[1]


def find_tracks(series: Series, roots: Mapping[int, int], labels: tuple[str, ...]) -> Tracks:
    """Splits a session's series by person.

    Args:
        series: of the session.
        roots: the person id that each person id was merged into, in the end.
        labels: of the session's model.
    """
    ids, places = np.unique(series.person, return_inverse=True)
    person = np.array([roots.get(it, -1) for it in ids.tolist()], np.int64)[places]
    interval = usual_interval(series.time)
    people = tuple(
        _track(it, series.take(person == it), interval)
        for it in np.unique(person[person >= 0]).tolist()
    )
    end = float(series.time.max()) + interval if len(series.time) else 0.0
    return Tracks(people, labels, end)


def _track(person: int, rows: Series, interval: float) -> Track:
    if np.any(np.diff(rows.time) < 0):
        rows = rows.take(np.argsort(rows.time, kind="stable"))
    return Track(person, rows, *weight_records(rows.time, interval))


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
    tracks: Tracks, points: int, start: float = 0.0, end: float | None = None
) -> list[Curve]:
    """Makes the curve of each person of a session; peaks keep their height and their time.

    Args:
        tracks: of the session.
        points: the number of time bins; a bin has at most one point per label.
        start: of the part, in seconds.
        end: of the same; None is the end of the last record.
    """
    start, end = tracks.whole(start, end)
    return [_curve(track, tracks, points, start, end) for track in tracks.people]


def _curve(track: Track, tracks: Tracks, points: int, start: float, end: float) -> Curve:
    first, last = _reach(track, start, end)
    times, displayed = track.rows.time[first:last], track.rows.displayed[first:last]
    parts = np.unique(np.append(0, track.parts - first)).astype(np.intp)
    parts = parts[(parts >= 0) & (parts < len(times))]
    width = (end - start) / points
    picked = pick_rows(times, displayed, parts, width) if len(times) else np.array([], np.intp)
    rows, codes = picked + first, tracks.codes
    within = track.seconds_within(start, end)
    seconds = np.bincount(track.rows.label, within, minlength=len(codes))
    values = np.round(track.rows.displayed[rows].astype(float), 4)
    return Curve(
        person=track.person,
        visible=round(float(seconds.sum()), 6),
        seconds=dict(zip(codes, np.round(seconds, 6).tolist(), strict=True)),
        times=track.rows.time[rows].tolist(),
        frames=track.rows.frame[rows].tolist(),
        labels=[codes[label] for label in track.rows.label[rows].tolist()],
        values=dict(zip(tracks.labels, values.T.tolist(), strict=True)),
        parts=np.searchsorted(picked, parts).tolist(),
    )


def _reach(track: Track, start: float, end: float) -> tuple[int, int]:
    """Returns the rows of a part of time, with a neighbour on each side unless a gap is there."""
    first, last = (int(row) for row in np.searchsorted(track.rows.time, [start, end]))
    starts = np.append(track.parts, len(track.rows.time))
    return first - (first not in starts), last + (last not in starts)
