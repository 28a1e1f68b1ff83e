"""Publishes results as a stream of the Lab Streaming Layer."""

import hashlib
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import nan
from typing import Any

from mien import __version__
from mien.inference.records.layout import CLOCK, RAW, SMOOTHED, Column, Layout
from mien.results import Face, FrameResult
from mien.study.lsl.library import LslClock, load_pylsl

NAME, TYPE = "Mien", "Expression"
"""Of the stream; programs find it by these."""

_UNITS = {"time": "seconds", "x": "pixels", "y": "pixels", "width": "pixels", "height": "pixels"}


@dataclass(frozen=True, slots=True)
class Channel:
    """One number of a sample.

    Attributes:
        label: the name of the column of the records; `label` for the column `emotion`.
        unit: empty for a pure number.
        description: what it holds, in one line.
        value: returns the number of a face, or of a frame without one; None where it is empty.
    """

    label: str
    unit: str
    description: str
    value: Callable[[FrameResult, Face | None], float | None]


def channels_of(layout: Layout, units: Mapping[str, str] | None = None) -> tuple[Channel, ...]:
    """Returns a channel for each column of the records that numbers can hold, in their order.

    Args:
        layout: of the records.
        units: of further columns, by name.
    """
    units = _UNITS | dict(units or {})
    numbers = (_channel(column, layout, units) for column in layout.columns)
    return (
        *(channel for channel in numbers if channel is not None),
        Channel(CLOCK, "seconds since 1970, UTC", "when the frame came", lambda it, _: it.clock),
    )


def _channel(column: Column, layout: Layout, units: Mapping[str, str]) -> Channel | None:
    if column.name == "emotion":
        return _label(layout)
    if column.kind == "text":
        return None
    is_probability = column.name.startswith((RAW, SMOOTHED)) or column.name == "confidence"
    unit = "probability" if is_probability else units.get(column.name, "")

    def value(result: FrameResult, face: Face | None) -> float | None:
        found = column.value(result, face)
        return None if found is None else float(found)

    return Channel(column.name, unit, column.description, value)


def _label(layout: Layout) -> Channel:
    codes = {code: float(place) for place, code in enumerate(layout.codes)}

    def value(_: FrameResult, face: Face | None) -> float | None:
        return None if face is None else codes[face.emotion]

    return Channel("label", "", "place of the displayed label in `labels`, from 0", value)


class ResultOutlet:
    """An outlet that sends one sample a face, or one where a frame has none; NaN where empty.

    The time stamp of a sample is when its frame came, not when the sample was sent.

    Args:
        layout: of the results.
        source: the name of the camera or stream.
        clock: converts the results' `clock` to LSL time.
        units: of columns that the layout gives no unit for, by name.

    Attributes:
        channels: of each sample.

    Raises:
        StudyError: pylsl is not installed.
    """

    def __init__(
        self,
        layout: Layout,
        source: str,
        clock: LslClock,
        units: Mapping[str, str] | None = None,
    ) -> None:
        self.channels = channels_of(layout, units)
        self._clock = clock
        self._outlet: Any = load_pylsl().StreamOutlet(_describe(self.channels, layout, source))

    def write(self, result: FrameResult) -> None:
        """Sends the faces of a frame that has a `clock`."""
        if self._outlet is None or result.clock is None:
            return
        stamp = self._clock.to_lsl(result.clock)
        for face in result.faces or (None,):
            values = (channel.value(result, face) for channel in self.channels)
            sample = [nan if value is None else value for value in values]
            self._outlet.push_sample(sample, stamp)

    def close(self) -> None:
        """Ends the stream. May be repeated."""
        self._outlet = None


def _describe(channels: tuple[Channel, ...], layout: Layout, source: str) -> Any:
    """Returns the description of the stream, as https://github.com/sccn/xdf/wiki/Meta-Data asks.

    An address of a source may hold secrets, and everybody in the network can read a description, so
    it names no address.
    """
    lsl = load_pylsl()
    name = hashlib.sha256(source.encode()).hexdigest()[:12]  # a restarted stream keeps its id
    source_id = f"mien-{socket.gethostname()}-{name}"
    kind = (lsl.IRREGULAR_RATE, lsl.cf_double64)
    info = lsl.StreamInfo(NAME, TYPE, len(channels), *kind, source_id)
    description = info.desc()
    listed = description.append_child("channels")
    for channel in channels:
        entry = listed.append_child("channel")
        entry.append_child_value("label", channel.label)
        entry.append_child_value("unit", channel.unit)
        entry.append_child_value("type", TYPE)
        entry.append_child_value("description", channel.description)
    labels = description.append_child("labels")
    for code in layout.codes:
        labels.append_child_value("label", code)
    made = description.append_child("acquisition")
    made.append_child_value("manufacturer", "Mien")
    made.append_child_value("version", __version__)
    made.append_child_value("source", source if source.startswith("camera ") else "stream")
    description.append_child("synchronization").append_child_value("can_drop_samples", "true")
    return info
