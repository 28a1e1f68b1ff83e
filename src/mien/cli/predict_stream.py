"""`mien predict` on a video, a camera, a stream, or a folder's images as one video."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mien.cli.console import print_error, print_note, remove_file, unwritable, warn_problems
from mien.cli.live_view import open_view
from mien.cli.recorder import Recorder
from mien.cli.tables import People, print_json, print_people
from mien.clocks import format_clock, parse_clock
from mien.errors import MediaError
from mien.inference.media.images import Frame
from mien.inference.media.sampling import Sampling
from mien.inference.media.sources import Stream, open_stream
from mien.inference.tracking.smoothing import TIME_CONSTANT
from mien.results import FrameResult

if TYPE_CHECKING:
    from mien.inference.analyzer import Analyzer
    from mien.inference.media.receiver import LiveEvent

Sink = Callable[[Frame, FrameResult], None]


@dataclass(frozen=True, slots=True)
class Outputs:
    """What `mien predict` is to write of a source with frames.

    Attributes:
        as_json: whether standard output gets one object a frame.
        save: the folder for the annotated video; None for none.
        records: the file of records, beside which markers go; None for none.
        recorder: writes it.
        lsl: whether to publish the results over the Lab Streaming Layer.
        markers: the name of the LSL stream whose markers are recorded; empty for all.
        force: whether an annotated video that is there is replaced.
    """

    as_json: bool
    save: Path | None
    records: Path | None
    recorder: Recorder
    lsl: bool
    markers: str
    force: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """How sources with frames are read and analyzed.

    Attributes:
        started: when the first frame was taken, as `open_stream` takes it.
        sampling: which frames are analyzed.
        smoothing: the time constant in seconds; None for the usual one.
        embeddings: whether results keep them.
    """

    started: float | None
    sampling: Sampling
    smoothing: float | None
    embeddings: bool


class LastFrame:
    """Passes frames on, keeps the last one for drawing, and ends when the source fails.

    The failure is kept, not raised, so that the files written until then are finished properly.
    """

    def __init__(self, frames: Iterable[Frame]) -> None:
        self._frames = frames
        self.last: Frame | None = None
        self.count = 0
        self.failure: MediaError | None = None

    def __iter__(self) -> Iterator[Frame]:
        try:
            for frame in self._frames:
                self.last = frame
                self.count += 1
                yield frame
        except MediaError as error:
            self.failure = error

    @property
    def frame(self) -> Frame:
        """The last frame; there is one as soon as there is a result."""
        if self.last is None:
            raise RuntimeError("a result came before its frame")
        return self.last


def parse_start(text: str | None) -> float | None:
    """Returns the seconds since 1970 of `--start-time`; None where it is not given.

    Raises:
        MediaError: it is no time in ISO 8601, or states no time zone.
    """
    try:
        return None if text is None else parse_clock(text)
    except ValueError as error:
        raise MediaError(
            f"--start-time: {error}",
            remedy="write date, time and time zone, as 2026-11-27T14:30:00+01:00 or with Z for UTC",
        ) from None


def predict_streams(
    analyzer: "Analyzer", sources: Sequence[str], wanted: Outputs, reading: Reading
) -> bool:
    """Analyses sources one after the other; one that cannot be opened does not end the others.

    Args:
        analyzer: does the work.
        sources: videos, folders, cameras' numbers, or addresses.
        wanted: the outputs.
        reading: how they are read.

    Returns:
        Whether all could be opened.

    Raises:
        MediaError: the only source cannot be opened or has no frame, or an output cannot be
            written.
        StudyError: LSL is asked for and not installed, or the source is not live.
    """
    failed = False
    for source in sources:
        try:
            _predict_stream(analyzer, source, wanted, reading)
        except MediaError as error:
            if len(sources) == 1:
                raise
            print_error(str(error))
            failed = True
    return not failed


def _predict_stream(analyzer: "Analyzer", source: str, wanted: Outputs, reading: Reading) -> None:
    people = People()
    opened = open_stream(source, _print_event, started=reading.started, sampling=reading.sampling)
    with opened as stream, ExitStack() as outputs:
        frames = LastFrame(stream)
        sinks = _open_sinks(outputs, analyzer, stream, source, wanted)
        show = outputs.enter_context(open_view(stream, quiet=wanted.as_json))
        smoothing = TIME_CONSTANT if reading.smoothing is None else reading.smoothing
        try:
            for result in analyzer.stream(frames, smoothing, embeddings=reading.embeddings):
                people.add(result)
                for sink in sinks:
                    sink(frames.frame, result)
                show(result)
        except KeyboardInterrupt:
            print_note("stopped; what was written so far is kept")
    _print_end(frames, stream)
    if not frames.count and not stream.live:
        raise MediaError("no frame was chosen", subject=source, remedy="check --start and --end")
    if not wanted.as_json:
        print_people(source, people)


def _open_sinks(
    outputs: ExitStack,
    analyzer: "Analyzer",
    stream: Stream,
    source: str,
    wanted: Outputs,
) -> list[Sink]:
    """Opens the outputs of each frame; `outputs` closes them."""
    sinks: list[Sink] = []
    if wanted.lsl:
        sinks.append(_open_lsl(outputs, analyzer, stream, wanted))
    wanted.recorder.open()
    sinks.append(lambda _, result: wanted.recorder.write(result))
    if wanted.save is not None:
        sinks.append(_open_video(outputs, source, wanted.save, wanted.force))
    if wanted.as_json:
        sinks.append(lambda _, result: print_json(result.to_dict()))
    return sinks


def _open_lsl(outputs: ExitStack, analyzer: "Analyzer", stream: Stream, wanted: Outputs) -> Sink:
    """Publishes the results, and records markers if there are records."""
    from mien.inference.records.layout import ATTRIBUTE
    from mien.study.lsl import LslSession

    if stream.offset is None:
        raise MediaError(
            "--lsl is for cameras and live streams; frames of a video do not arrive now",
            subject=stream.source,
            remedy="leave it out, and join by the column `clock`",
        )
    units = {f"{ATTRIBUTE}{quantity.name}": quantity.unit for quantity in analyzer.quantities}
    session = LslSession(
        *(analyzer.layout, stream.source, stream.offset, wanted.records, wanted.markers),
        units=units,
        notify=print_note,
    )
    outputs.enter_context(session)
    print_note(f"LSL: publishes the stream 'Mien' with {session.channels} channels")
    return lambda _, result: session.write(result)


def _open_video(outputs: ExitStack, source: str, folder: Path, force: bool) -> Sink:
    """Opens the annotated video, named as the source, in the folder."""
    import numpy as np

    from mien.inference.draw import draw
    from mien.inference.media.video_writer import VideoWriter

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error, "give --save another folder") from None
    sound, path = source if Path(source).is_file() else None, folder / video_name(source)
    if force and not (path.exists() and Path(source).exists() and path.samefile(source)):
        remove_file(path, "give --save another folder")
    video = outputs.enter_context(VideoWriter(path, sound))

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


def _print_end(frames: LastFrame, stream: Stream) -> None:
    if stream.live:
        _print_session(frames, stream)
    else:
        warn_problems(stream.problems)
    if frames.failure is not None:
        if frames.last is None:
            raise frames.failure
        print_error(str(frames.failure))


def _print_session(frames: LastFrame, stream: Stream) -> None:
    """Prints when a live source started, by which clocks, and how many frames were dropped."""
    for problem in stream.problems:
        print_note(problem)
    if stream.started is not None:
        print_note(
            f"{stream.source}: started {format_clock(stream.started)}, which is this computer's "
            f"monotonic clock plus {stream.offset:.3f} s; {frames.count} frames, "
            f"{stream.dropped} dropped"
        )
