"""What is shown while a moving source runs, on a terminal of the test's own."""

import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from mien.cli import views
from mien.results import Box, Face, FrameResult

HAPPY = (0.0, 0.0, 0.0, 0.9, 0.0, 0.0, 0.1)
RESULT = FrameResult(
    "camera 0", 64, 48, (Face(Box(8, 8, 20, 20), HAPPY, 0.99, person=7, smoothed=HAPPY),)
)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=100)
    monkeypatch.setattr(views, "console", console)
    monkeypatch.setattr(views, "errors", console)
    return shown


def stream(live: bool) -> SimpleNamespace:
    return SimpleNamespace(live=live, source="the source", frame_count=None if live else 40)


def test_a_camera_shows_who_is_there_now(terminal: io.StringIO) -> None:
    with views.open_view(stream(live=True), quiet=False) as show:
        show(RESULT)
        shown = terminal.getvalue()
    assert "happy" in shown
    assert "7" in shown


def test_a_video_shows_how_far_it_is(terminal: io.StringIO) -> None:
    with views.open_view(stream(live=False), quiet=False) as show:
        for _ in range(10):
            show(RESULT)
    assert "10/40" in terminal.getvalue()
    assert "frames/s" in terminal.getvalue()


def test_json_of_a_camera_keeps_the_faces_off_the_terminal(terminal: io.StringIO) -> None:
    with views.open_view(stream(live=True), quiet=True) as show:
        show(RESULT)
    assert "happy" not in terminal.getvalue()


def test_nothing_is_shown_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    console = Console(file=shown)
    monkeypatch.setattr(views, "console", console)
    monkeypatch.setattr(views, "errors", console)
    with views.open_view(stream(live=True), quiet=False) as show:
        show(RESULT)
    assert shown.getvalue() == ""
