"""Streams of the Lab Streaming Layer on this machine alone, and waits that end."""

import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from mien.inference.records import Layout
from mien.results import Box, Face, FrameResult

T = TypeVar("T")

ON_THIS_MACHINE = f"""
[multicast]
ResolveScope = machine
[lab]
KnownPeers = {{127.0.0.1}}
SessionID = {uuid.uuid4().hex}
[log]
level = -3
"""
"""Configuration of liblsl: no network is needed, and other tests' streams are not found."""

LAYOUT = Layout(("calm", "tense"), ("yaw",))
CLOCK = 1795751892.0


def configure(folder: Path) -> None:
    """Tells liblsl, before it is first used, to stay on this machine."""
    path = folder / "lsl_api.cfg"
    path.write_text(ON_THIS_MACHINE, "utf-8")
    os.environ["LSLAPICFG"] = str(path)


def lsl() -> Any:
    """The module `pylsl`; a test that asks for it is skipped where it is not installed."""
    return pytest.importorskip("pylsl", exc_type=ImportError)


def until(look: Callable[[], T], seconds: float = 30.0) -> T:
    """Waits for a true answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := look():
            return answer
        time.sleep(0.02)
    raise AssertionError("nothing came in time")


def open_outlet(name: str, source_id: str = "", kind: str = "Markers") -> Any:
    """An outlet of texts."""
    kinds = (lsl().IRREGULAR_RATE, lsl().cf_string)
    return lsl().StreamOutlet(lsl().StreamInfo(name, kind, 1, *kinds, source_id))


def open_inlet(name: str) -> Any:
    """An inlet of a stream that is there, subscribed to."""
    infos = lsl().resolve_byprop("name", name, timeout=20)
    assert infos, f"no stream {name}"
    inlet = lsl().StreamInlet(infos[0], recover=False)
    inlet.open_stream(timeout=10)
    return inlet


def result(faces: int = 1, number: int = 0, time: float = 0.0) -> FrameResult:
    found = tuple(
        Face(
            box=Box(10, 20, 30, 40),
            probabilities=(0.25, 0.75),
            labels=LAYOUT.labels,
            score=0.9,
            person=person,
            smoothed=(0.625, 0.375),
            attributes={"yaw": -12.5} if person == 1 else {},
        )
        for person in range(1, faces + 1)
    )
    return FrameResult(
        *("camera 0", 640, 360, found, number, time),
        labels=LAYOUT.labels,
        attributes=LAYOUT.attributes,
        clock=CLOCK + time,
    )
