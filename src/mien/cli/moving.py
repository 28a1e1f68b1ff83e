"""`mien predict` on what moves: a video, a camera, a stream, or a folder's images as one video."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from mien.cli.console import tell_error, tell_note, warn_problems
from mien.cli.tables import People, print_json, print_note, print_people
from mien.cli.views import open_view
from mien.errors import MediaError
from mien.inference.media.images import Frame
from mien.inference.media.sources import open_stream
from mien.results import FrameResult

if TYPE_CHECKING:
    from mien.inference.analyzer import Analyzer
    from mien.inference.media.live import LiveEvent

Sink = Callable[[Frame, FrameResult], None]


class Watched:
    """Passes frames on, keeps the last one, and ends where the source fails.

    The frame is kept for drawing. A failure is kept, not raised, so that what was written before
    it is finished properly.
    """

    def __init__(self, frames: Iterable[Frame]) -> None:
        self._frames = frames
        self.last: Frame | None = None
        self.failure: MediaError | None = None

    def __iter__(self) -> Iterator[Frame]:
        try:
            for frame in self._frames:
                self.last = frame
                yield frame
        except MediaError as error:
            self.failure = error


def predict_moving(
    analyzer: "Analyzer", source: str, as_json: bool, save: Path | None, records: Path | None
) -> None:
    """Analyses a moving source until it ends or Ctrl-C, and writes what was asked for.

    Raises:
        MediaError: the source cannot be opened, gave no frame, or an output cannot be written.
    """
    people = People()
    with open_stream(source, listener=_tell_event) as stream, ExitStack() as outputs:
        frames = Watched(stream)
        sinks = _open_sinks(outputs, source, save, records, as_json)
        show = outputs.enter_context(open_view(stream, quiet=as_json))
        try:
            for result in analyzer.stream(frames):
                people.add(result)
                for sink in sinks:
                    sink(_kept(frames), result)
                show(result)
        except KeyboardInterrupt:
            tell_note("stopped; what was written so far is kept")
    _tell_end(frames, stream.problems)
    if not as_json:
        print_people(source, people)
        print_note()


def _kept(frames: Watched) -> Frame:
    if frames.last is None:
        raise RuntimeError("a result came before its frame")
    return frames.last


def _open_sinks(
    outputs: ExitStack, source: str, save: Path | None, records: Path | None, as_json: bool
) -> list[Sink]:
    """Opens what each frame is to be written to; `outputs` closes it."""
    sinks: list[Sink] = []
    if records is not None:
        from mien.inference.records import open_records

        writer = outputs.enter_context(open_records(records))
        sinks.append(lambda _, result: writer.write(result))
    if save is not None:
        sinks.append(_open_video(outputs, source, save))
    if as_json:
        sinks.append(lambda _, result: print_json(result.to_dict()))
    return sinks


def _open_video(outputs: ExitStack, source: str, folder: Path) -> Sink:
    """Opens the video that shows the results: in the folder, named as the source."""
    import numpy as np

    from mien.inference.draw import draw
    from mien.inference.media.video_writer import VideoWriter

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MediaError(
            f"cannot be written ({error.strerror})",
            subject=folder,
            remedy="give --save another folder",
        ) from None
    sound = source if Path(source).is_file() else None
    video = outputs.enter_context(VideoWriter(folder / video_name(source), sound))

    def write(frame: Frame, result: FrameResult) -> None:
        video.write(frame.time, np.asarray(draw(frame.pixels, result)))

    return write


def video_name(source: str) -> str:
    """Names the drawn video: as the source, less what a file name may not hold."""
    if source.isdigit():
        return f"camera-{source}.mp4"
    is_address = "://" in source
    stem = re.sub(r"[^\w.-]+", "-", source.partition("://")[2]) if is_address else Path(source).stem
    return f"{stem.strip('-.') or 'film'}.mp4"


def _tell_event(event: "LiveEvent") -> None:
    tell_note(event.message)


def _tell_end(frames: Watched, problems: list[str]) -> None:
    warn_problems(problems)
    if frames.failure is not None:
        if frames.last is None:
            raise frames.failure
        tell_error(str(frames.failure))
