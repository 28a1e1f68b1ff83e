"""What the terminal shows while a source runs."""

import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from mien.cli import live_view
from mien.results import Box, Face, FrameResult

HAPPY = (0.0, 0.0, 0.0, 0.9, 0.0, 0.0, 0.1)
FACE = Face(box=Box(8, 8, 20, 20), probabilities=HAPPY, score=0.99, person=7, smoothed=HAPPY)
RESULT = FrameResult("camera 0", 64, 48, (FACE,))


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=100)
    monkeypatch.setattr(live_view, "console", console)
    monkeypatch.setattr(live_view, "errors", console)
    return shown


def stream(live: bool) -> SimpleNamespace:
    return SimpleNamespace(live=live, source="the source", frame_count=None if live else 40)


def test_a_camera_shows_the_faces_in_view(terminal: io.StringIO) -> None:
    with live_view.open_view(stream(live=True), quiet=False) as show:
        show(RESULT)
        shown = terminal.getvalue()
    assert "happy" in shown
    assert "7" in shown


def test_a_video_shows_its_progress(terminal: io.StringIO) -> None:
    with live_view.open_view(stream(live=False), quiet=False) as show:
        for _ in range(10):
            show(RESULT)
    assert "10/40" in terminal.getvalue()
    assert "frames/s" in terminal.getvalue()


def test_json_output_of_a_camera_shows_no_table(terminal: io.StringIO) -> None:
    with live_view.open_view(stream(live=True), quiet=True) as show:
        show(RESULT)
    assert "happy" not in terminal.getvalue()


def test_without_a_terminal_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    console = Console(file=shown)
    monkeypatch.setattr(live_view, "console", console)
    monkeypatch.setattr(live_view, "errors", console)
    with live_view.open_view(stream(live=True), quiet=False) as show:
        show(RESULT)
    assert shown.getvalue() == ""
