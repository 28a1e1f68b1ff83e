"""A participant's records as a continuous recording: one row at each tick of a regular clock.

BIDS keeps continuous recordings without a header and without times: sampling frequency, start and
columns stand in a sidecar. Frames come nearly regularly, so each tick has the nearest frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.inference.records import Records
from mien.inference.records.layout import Layout
from mien.study.codebook import CORRECTED, INTENSITY, describe_columns, describe_further
from mien.study.recording import Recording, Track

MISSING = "n/a"
"""How BIDS writes a missing value."""

_NEAR = 0.75
"""Of a tick: frames jitter by less; one that is farther off stands in for no dropped frame."""

_LEFT_OUT = ("source", "frame", "time", "clock")  # said by the sidecar


@dataclass(frozen=True, eq=False)
class Series:
    """A continuous recording.

    Attributes:
        frequency: ticks a second, in Hz.
        start: the time of the first tick, in seconds from the source's start.
        columns: their names.
        values: float64 (T, C); NaN where the participant has no face or the source no frame.
    """

    frequency: float
    start: float
    columns: tuple[str, ...]
    values: NDArray[np.float64]

    def to_tsv(self) -> str:
        """Returns the rows, without a header; six significant digits."""
        lines = ("\t".join(map(_format, row)) for row in self.values.tolist())
        return "".join(f"{line}\n" for line in lines)


def make_series(recording: Recording, tracks: Sequence[Track]) -> Series:
    """Puts a participant's records on a regular clock at the recording's frame rate.

    Args:
        recording: with at least two frames of different times.
        tracks: of one participant in it; of two faces in one frame, the first track's is taken.
    """
    frames = np.unique(recording.records.time)
    frequency = frame_rate(frames)
    ticks = frames[0] + np.arange(round((frames[-1] - frames[0]) * frequency) + 1) / frequency
    nearest = frames[_nearest(frames, ticks)]
    columns = series_columns(recording.records)
    result = np.full((len(ticks), len(columns)), np.nan)
    for track in reversed(tracks):
        values = _numbers(track.rows)
        place = np.minimum(np.searchsorted(track.rows.time, nearest), len(values) - 1)
        found = (track.rows.time[place] == nearest) & (abs(nearest - ticks) * frequency < _NEAR)
        result[found] = values[place[found]]
    return Series(frequency, float(frames[0]), columns, result)


def frame_rate(frames: NDArray[np.float64]) -> float:
    """Returns the nominal frame rate in Hz: dropped frames do not lower it.

    Args:
        frames: the times of at least two frames, ascending, without repeats.
    """
    steps = np.diff(frames)
    # The mean of the usual steps, not their median: rounded times would add up to whole frames.
    return round(1 / float(steps[steps < 1.5 * np.median(steps)].mean()), 4)


def series_columns(records: Records) -> tuple[str, ...]:
    """Returns the columns of the series of records: those of numbers, the label among them."""
    own = tuple(name for name in _layout(records).names if name not in _LEFT_OUT)
    return (*own, *_measures(records))


def describe_series(records: Records) -> dict[str, dict[str, object]]:
    """Returns what a sidecar says of each column of the series of records."""
    columns = describe_columns(_layout(records))
    further = describe_further(_measures(records), records.labels)
    known = {column.name: column for column in (*columns, *further)}
    described: dict[str, dict[str, object]] = {}
    for name in series_columns(records):
        column = known[name]
        described[name] = {"Description": column.description}
        if column.unit:
            described[name]["Units"] = "1" if column.unit == "probability" else column.unit
    described["emotion"]["Levels"] = {str(code): name for code, name in enumerate(records.codes)}
    return described


def _nearest(frames: NDArray[np.float64], ticks: NDArray[np.float64]) -> NDArray[np.intp]:
    after = np.clip(np.searchsorted(frames, ticks), 1, len(frames) - 1)
    return after - (ticks - frames[after - 1] <= frames[after] - ticks)


def _layout(records: Records) -> Layout:
    return Layout(records.labels, tuple(records.attributes), clock=False)


def _measures(records: Records) -> tuple[str, ...]:
    """Returns the columns that `mien baseline` added."""
    labels = (f"{prefix}{label}" for prefix in (CORRECTED, INTENSITY) for label in records.labels)
    return tuple(name for name in ("usable", "valence", *labels) if name in records.extra)


def _to_numbers(column: NDArray[np.object_]) -> NDArray[np.float64]:
    """Returns numbers that a reader of records took for text; NaN where empty."""
    return np.array([np.nan if value is None else float(value) for value in column])


def _numbers(records: Records) -> NDArray[np.float64]:
    """Returns the columns of numbers, float64 (M, C); the label by its code."""
    parts: list[NDArray[np.generic]] = [
        records.person[:, None],
        records.boxes,
        records.score[:, None],
        records.label[:, None],
        records.confidence[:, None],
        records.raw,
        records.smoothed,
        *(values[:, None] for values in records.attributes.values()),
        *(_to_numbers(records.extra[name])[:, None] for name in _measures(records)),
    ]
    return np.hstack([part.astype(np.float64) for part in parts])


def _format(value: float) -> str:
    return MISSING if value != value else f"{value:.6g}"  # noqa: PLR0124 - NaN alone differs
