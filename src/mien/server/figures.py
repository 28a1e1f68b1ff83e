"""Figures of a stretch of a session: how long each person displayed which label, and how much."""

from dataclasses import dataclass

import numpy as np

from mien.server.timeline import Track, Tracks


@dataclass(frozen=True, slots=True)
class Peak:
    """Where a label was the most probable.

    Attributes:
        time: in seconds.
        value: the probability displayed then.
    """

    time: float
    value: float


@dataclass(frozen=True, slots=True)
class Figures:
    """One person's figures; without labels where the person was not in view.

    Attributes:
        person: the person id.
        visible: the seconds in view.
        shares: of the visible time with each label, unsure included; they sum to 1.
        means: the mean probability of each label, weighted by time.
        peaks: of each label.
    """

    person: int
    visible: float
    shares: dict[str, float]
    means: dict[str, float]
    peaks: dict[str, Peak]


def find_figures(tracks: Tracks, start: float = 0.0, end: float | None = None) -> list[Figures]:
    """Returns the figures of each person of a session.

    Args:
        tracks: of the session.
        start: of the stretch, in seconds.
        end: of the same; None is the end of the last record.
    """
    start, end = tracks.whole(start, end)
    return [_figures(track, tracks, start, end) for track in tracks.people]


def _figures(track: Track, tracks: Tracks, start: float, end: float) -> Figures:
    seconds = track.seconds_within(start, end)
    # A record may take no time, as that of a single frame, and yet lies in the stretch.
    inside = (seconds > 0) | ((track.rows.time >= start) & (track.rows.time < end))
    if not inside.any():
        return Figures(track.person, 0.0, {}, {}, {})
    rows, weights = track.rows.take(inside), seconds[inside]
    visible = float(weights.sum())
    weights = weights / visible if visible > 0 else np.full(len(weights), 1 / len(weights))
    shares = np.bincount(rows.label, weights, minlength=len(tracks.codes))
    means, highest = weights @ rows.displayed, rows.displayed.argmax(axis=0)
    peaks = (
        Peak(max(float(rows.time[row]), start), round(float(rows.displayed[row, label]), 4))
        for label, row in enumerate(highest)
    )
    return Figures(
        person=track.person,
        visible=round(visible, 6),
        shares=dict(zip(tracks.codes, np.round(shares, 6).tolist(), strict=True)),
        means=dict(zip(tracks.labels, np.round(means, 6).tolist(), strict=True)),
        peaks=dict(zip(tracks.labels, peaks, strict=True)),
    )
