"""What the terminal shows while a source runs: progress of a video, the faces of a camera."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from mien.cli.console import errors, printable
from mien.cli.tables import console, faces_table
from mien.results import FrameResult

if TYPE_CHECKING:
    from mien.inference.media.sources import Stream

Show = Callable[[FrameResult], None]
_REDRAW_SECONDS = 0.1


class _RateColumn(ProgressColumn):
    """Frames a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:.0f} frames/s")


@contextmanager
def open_view(stream: "Stream", quiet: bool) -> Iterator[Show]:
    """Yields a function that shows each result; without a terminal it shows nothing.

    Args:
        stream: the running source.
        quiet: whether standard output carries the results.
    """
    if stream.live and not quiet and console.is_terminal:
        with Live(console=console, auto_refresh=False, transient=True) as live:
            yield _show_faces(live)
    elif errors.is_terminal:
        with _bar() as bar:
            task = bar.add_task(printable(stream.source, errors), total=stream.frame_count)
            yield lambda _: bar.advance(task)
    else:
        yield lambda _: None


def _show_faces(live: Live) -> Show:
    drawn = float("-inf")

    def show(result: FrameResult) -> None:
        nonlocal drawn
        now = time.monotonic()
        if now - drawn >= _REDRAW_SECONDS:
            drawn = now
            live.update(faces_table(result), refresh=True)

    return show


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        _RateColumn(),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
    )
