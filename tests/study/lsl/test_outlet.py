"""What an inlet, here and in another process, receives of results."""

import json
import math
import subprocess
import sys
from typing import Any

import pytest

from mien.inference.records.layout import Layout
from mien.study.lsl import LslClock, ResultOutlet
from mien.study.lsl.outlet import channels_of
from tests.study.lsl.streams import CLOCK, LAYOUT, open_inlet, result, until

SHIFT = -CLOCK + 5.0
NUMBERS = [
    *("frame", "time", "person", "x", "y", "width", "height", "score", "label", "confidence"),
    *("raw_calm", "raw_tense", "smoothed_calm", "smoothed_tense", "attribute_yaw", "clock"),
]


def test_channels_are_the_columns_that_hold_numbers() -> None:
    assert [channel.label for channel in channels_of(LAYOUT)] == NUMBERS
    assert len(channels_of(Layout())) == 10 + 14 + 1


def test_units_are_those_of_the_attributes() -> None:
    found = {channel.label: channel.unit for channel in channels_of(LAYOUT, {"attribute_yaw": "°"})}
    assert found["attribute_yaw"] == "°"
    assert (found["time"], found["x"], found["raw_calm"]) == ("seconds", "pixels", "probability")


def pull(inlet: Any, count: int) -> tuple[list[dict[str, float]], list[float]]:
    rows: list[list[float]] = []
    stamps: list[float] = []

    def come() -> bool:
        found, at = inlet.pull_chunk(timeout=0.0)
        rows.extend(found)
        stamps.extend(at)
        return len(rows) >= count

    until(come)
    return [dict(zip(NUMBERS, row, strict=True)) for row in rows], stamps


@pytest.mark.slow
def test_an_inlet_gets_a_sample_a_face_at_the_time_of_the_frame() -> None:
    outlet = ResultOutlet(LAYOUT, "camera 0", LslClock(SHIFT))
    inlet = open_inlet("Mien")
    for number, faces in enumerate((2, 0, 1)):
        outlet.write(result(faces, number, number / 10))
    rows, stamps = pull(inlet, 4)
    outlet.close()
    assert stamps == pytest.approx([5.0, 5.0, 5.1, 5.2], abs=1e-5)
    assert [row["frame"] for row in rows] == [0, 0, 1, 2]
    assert [row["person"] for row in rows] == pytest.approx([1, 2, math.nan, 1], nan_ok=True)
    first, second, empty = rows[0], rows[1], rows[2]
    assert (first["x"], first["score"], first["attribute_yaw"]) == (10, 0.9, -12.5)
    assert (first["label"], first["confidence"]) == (0, 0.625)  # smoothed: calm
    assert (first["raw_tense"], first["smoothed_tense"]) == (0.75, 0.375)
    assert first["clock"] == CLOCK
    assert math.isnan(second["attribute_yaw"])
    filled = {name for name, value in empty.items() if not math.isnan(value)}
    assert filled == {"frame", "time", "clock"}


@pytest.mark.slow
def test_the_description_names_channels_units_and_labels() -> None:
    outlet = ResultOutlet(LAYOUT, "rtsp://user:secret@host/?token=1", LslClock(SHIFT))
    info = open_inlet("Mien").info(timeout=10)
    outlet.close()
    assert info.type() == "Expression"
    assert info.get_channel_labels() == NUMBERS
    assert info.get_channel_units()[1] == "seconds"
    label, labels = info.desc().child("labels").first_child(), []
    while not label.empty():
        labels.append(label.child_value())
        label = label.next_sibling()
    assert labels == ["calm", "tense", "unsure"]
    assert "secret" not in info.as_xml()
    assert "token" not in info.as_xml()


READER = """
import json, sys, time, pylsl
infos = pylsl.resolve_byprop("name", "Mien", timeout=20)
inlet = pylsl.StreamInlet(infos[0], recover=False)
inlet.open_stream(timeout=10)
print("ready", flush=True)
sample, stamp = inlet.pull_sample(timeout=20)
print(json.dumps([sample[2], stamp]), flush=True)
"""


@pytest.mark.slow
def test_another_process_gets_the_samples() -> None:
    outlet = ResultOutlet(LAYOUT, "camera 0", LslClock(SHIFT))
    command = [sys.executable, "-c", READER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
        outlet.write(result(1, 0, 0.5))
        person, stamp = json.loads(reader.stdout.readline())
    outlet.close()
    assert person == 1
    assert stamp == pytest.approx(5.5, abs=1e-5)
