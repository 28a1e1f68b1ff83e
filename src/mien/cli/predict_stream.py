"""`mien predict` on a video, a camera, a stream, or a folder's images as one video."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from mien.cli.console import print_error, print_note, unwritable, warn_problems
from mien.cli.live_view import open_view
from mien.cli.tables import People, print_json, print_limitations, print_people
from mien.errors import MediaError
from mien.inference.media.images import Frame
from mien.inference.media.sources import open_stream
from mien.results import FrameResult

if TYPE_CHECKING:
    from mien.inference.analyzer import Analyzer
    from mien.inference.media.receiver import LiveEvent

Sink = Callable[[Frame, FrameResult], None]


class LastFrame:
    """Passes frames on, keeps the last one for drawing, and ends when the source fails.

    The failure is kept, not raised, so that the files written until then are finished properly.
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

    @property
    def frame(self) -> Frame:
        """The last frame; there is one as soon as there is a result."""
        if self.last is None:
            raise RuntimeError("a result came before its frame")
        return self.last


def predict_stream(
    analyzer: "Analyzer", source: str, as_json: bool, save: Path | None, records: Path | None
) -> None:
    """Analyses a source until it ends or Ctrl-C, and writes the requested outputs.

    Raises:
        MediaError: the source cannot be opened or has no frame, or an output cannot be written.
    """
    people = People()
    with open_stream(source, listener=_print_event) as stream, ExitStack() as outputs:
        frames = LastFrame(stream)
        sinks = _open_sinks(outputs, analyzer, source, save, records, as_json)
        show = outputs.enter_context(open_view(stream, quiet=as_json))
        try:
            for result in analyzer.stream(frames):
                people.add(result)
                for sink in sinks:
                    sink(frames.frame, result)
                show(result)
        except KeyboardInterrupt:
            print_note("stopped; what was written so far is kept")
    _print_end(frames, stream.problems)
    if not as_json:
        print_people(source, people)
        print_limitations()


def _open_sinks(
    outputs: ExitStack,
    analyzer: "Analyzer",
    source: str,
    save: Path | None,
    records: Path | None,
    as_json: bool,
) -> list[Sink]:
    """Opens the outputs of each frame; `outputs` closes them."""
    sinks: list[Sink] = []
    if records is not None:
        from mien.inference.records import open_records

        layout = analyzer.layout
        writer = outputs.enter_context(open_records(records, layout))
        sinks.append(lambda _, result: writer.write(result))
    if save is not None:
        sinks.append(_open_video(outputs, source, save))
    if as_json:
        sinks.append(lambda _, result: print_json(result.to_dict()))
    return sinks


def _open_video(outputs: ExitStack, source: str, folder: Path) -> Sink:
    """Opens the annotated video, named as the source, in the folder."""
    import numpy as np

    from mien.inference.draw import draw
    from mien.inference.media.video_writer import VideoWriter

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error, "give --save another folder") from None
    sound = source if Path(source).is_file() else None
    video = outputs.enter_context(VideoWriter(folder / video_name(source), sound))

    def write(frame: Frame, result: FrameResult) -> None:
        video.write(frame.time, np.asarray(draw(frame.pixels, result)))

    return write


def video_name(source: str) -> str:
    """Names the annotated video after its source, without what a file name may not hold."""
    if source.isdigit():
        return f"camera-{source}.mp4"
    is_address = "://" in source
    stem = re.sub(r"[^\w.-]+", "-", source.partition("://")[2]) if is_address else Path(source).stem
    return f"{stem.strip('-.') or 'video'}.mp4"


def _print_event(event: "LiveEvent") -> None:
    print_note(event.message)


def _print_end(frames: LastFrame, problems: list[str]) -> None:
    warn_problems(problems)
    if frames.failure is not None:
        if frames.last is None:
            raise frames.failure
        print_error(str(frames.failure))
