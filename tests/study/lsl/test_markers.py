"""Markers of real outlets, here and in another process, become events."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.study.lsl import LslClock, Marker, MarkerReceiver, to_event
from tests.study.lsl.streams import CLOCK, lsl, open_outlet, result, until

seconds = st.floats(0, 1e5).map(lambda value: round(value, 3))


@given(time=seconds, shift=st.floats(-1e5, 1e5), later=st.floats(-60, 60))
def test_an_event_is_as_far_from_the_frame_as_the_marker(
    time: float, shift: float, later: float
) -> None:
    clock = LslClock(shift - CLOCK)
    frame = result(0, 9, time)
    stamp = clock.to_lsl(frame.clock or 0) + later
    event = to_event(Marker("tone", "Stimuli", stamp), frame, clock)
    assert event.onset == pytest.approx(time + later, abs=1e-5)
    assert (event.name, event.author, event.duration, event.note) == ("tone", "Stimuli", 0, "")


def test_an_event_says_what_is_unknown_or_cut() -> None:
    marker = Marker("x" * 1500, "Stimuli", 0.0, corrected=False)
    event = to_event(marker, result(), LslClock(-CLOCK))
    assert event.name == "x" * 1000
    assert "offset of the sender's clock was unknown" in event.note
    assert "it had 1500 letters" in event.note


def test_the_clock_of_lsl_is_this_computers_monotonic_clock() -> None:
    clock = LslClock.measure(offset=1000.0)
    assert clock.to_lsl(clock.to_clock(7.0)) == pytest.approx(7.0)
    before = lsl().local_clock()
    measured = clock.to_lsl(time.monotonic() + 1000.0)
    assert before - 0.01 <= measured <= lsl().local_clock() + 0.01


@contextmanager
def receiving(name: str = "") -> Iterator[tuple[MarkerReceiver, list[str]]]:
    told: list[str] = []
    receiver = MarkerReceiver(name, told.append)
    try:
        yield receiver, told
    finally:
        receiver.close()


def wait_for(receiver: MarkerReceiver, count: int) -> list[Marker]:
    found: list[Marker] = []
    until(lambda: found.extend(receiver.take()) or len(found) >= count)
    return found


@pytest.mark.slow
def test_markers_of_this_process_come_with_their_times() -> None:
    outlet = open_outlet("Stimuli")
    with receiving() as (receiver, told):
        until(lambda: told)
        stamps = [100.0, 100.25, 107.5]
        for text, stamp in zip(("a", "b", 'ü, "c"'), stamps, strict=True):
            outlet.push_sample([text], stamp)
        markers = wait_for(receiver, 3)
    assert [marker.text for marker in markers] == ["a", "b", 'ü, "c"']
    assert [marker.stamp for marker in markers] == pytest.approx(stamps, abs=0.05)
    assert all(marker.corrected and marker.stream == "Stimuli" for marker in markers)
    assert told == ["LSL: records markers of 'Stimuli'"]


SENDER = """
import sys, pylsl
info = pylsl.StreamInfo("Other", "Markers", 1, 0, pylsl.cf_string, "other-process")
outlet = pylsl.StreamOutlet(info)
for line in sys.stdin:
    stamp = pylsl.local_clock()
    outlet.push_sample([line.strip()], stamp)
    print(stamp, flush=True)
"""


@pytest.mark.slow
def test_a_process_that_dies_is_told_and_its_successor_is_received() -> None:
    def start() -> "subprocess.Popen[str]":
        pipe = subprocess.PIPE
        return subprocess.Popen([sys.executable, "-c", SENDER], stdin=pipe, stdout=pipe, text=True)

    def send(sender: "subprocess.Popen[str]", text: str) -> float:
        assert sender.stdin
        assert sender.stdout
        sender.stdin.write(f"{text}\n")
        sender.stdin.flush()
        return float(sender.stdout.readline())

    def stop(sender: "subprocess.Popen[str]") -> None:
        sender.kill()
        sender.communicate()

    first = start()
    with receiving("Other") as (receiver, told):
        try:
            until(lambda: told)
            sent = send(first, "before")
            (marker,) = wait_for(receiver, 1)
            assert (marker.text, marker.corrected) == ("before", True)
            assert marker.stamp == pytest.approx(sent, abs=0.05)
        finally:
            stop(first)
        until(lambda: len(told) == 2)
        second = start()
        try:
            until(lambda: len(told) == 3)
            send(second, "after")
            assert wait_for(receiver, 1)[0].text == "after"
        finally:
            stop(second)
    assert told[:3] == [
        "LSL: records markers of 'Other'",
        "LSL: 'Other' was lost; its markers are missing until it is back",
        "LSL: 'Other' is back",
    ]


@pytest.mark.slow
def test_a_named_stream_is_received_alone_whatever_its_type() -> None:
    wanted, other = open_outlet("Wanted", kind="Triggers"), open_outlet("Unwanted")
    with receiving("Wanted") as (receiver, told):
        until(lambda: told)
        other.push_sample(["no"])
        wanted.push_sample(["yes"])
        markers = wait_for(receiver, 1)
    assert [marker.text for marker in markers] == ["yes"]
    assert told == ["LSL: records markers of 'Wanted'"]


@pytest.mark.slow
def test_closing_without_any_stream_ends_the_thread() -> None:
    with receiving("Nobody") as (receiver, told):
        assert receiver.take() == []
    receiver.close()
    assert told == []
    assert not receiver._thread.is_alive()


@pytest.mark.slow
def test_a_marker_that_is_no_text_is_told_and_the_next_one_comes() -> None:
    outlet = open_outlet("Stimuli")
    with receiving() as (receiver, told):
        until(lambda: told)
        outlet.push_sample([b"\xff"])
        until(lambda: len(told) == 2)
        outlet.push_sample(["tone"])
        markers = wait_for(receiver, 1)
    assert told[1] == "LSL: markers of 'Stimuli' are left out: they are not UTF-8"
    assert [marker.text for marker in markers] == ["tone"]
