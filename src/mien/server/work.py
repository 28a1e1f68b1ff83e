"""What a job does with a film: to analyze it, or to draw a session's results on it."""

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np

from mien.inference.classifier import Adapter
from mien.inference.draw import draw
from mien.inference.media.film import FilmWriter
from mien.inference.media.pictures import Frame
from mien.results import FrameResult
from mien.server.downloads import frame_results
from mien.server.films import Film
from mien.server.models import Models
from mien.server.settings import Settings
from mien.server.store import Store
from mien.server.store.faces import Seen
from mien.server.store.jobs import JobKind, JobStatus
from mien.server.store.recorder import Recorder


class StoppedError(Exception):
    """The work is not wanted any more."""


@dataclass(eq=False)
class Work:
    """One job that waits, or is at work.

    Attributes:
        job: its number.
        session: the number of its session.
        kind: what is to be done.
        name: the film's.
        model: the name of the model to analyze with; None where nothing is analyzed.
        adapter: what a profile had learned when the film was sent; None leaves the model's answers.
        stop: set once the work is not wanted any more.
        message: what is to be told of it at the end.
    """

    job: int
    session: int
    kind: JobKind
    name: str
    model: str | None = None
    adapter: Adapter | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    message: str = ""


def analyze(work: Work, store: Store, settings: Settings, models: Models) -> None:
    """Stores what is seen in a film, as it is seen; whatever ends this, that stays.

    Raises:
        MienError: the film cannot be read, from the start or from somewhere on.
        StoreError: what is seen cannot be stored.
        StoppedError: `work.stop` was set.
    """
    analyzer = models.get(work.model)
    film = Film(store.files.film(work.session), work.name, settings)
    recorder = Recorder(store.faces, work.session)
    look, faces, last = analyzer.watch(), 0, None
    with closing(film):
        try:
            for last in _until_stopped(film, work):
                (result,), answer = analyzer.name([look(last, work.adapter)])
                faces += len(result.faces)
                base = None if work.adapter is None else answer.probabilities
                if recorder.write(Seen(result, answer.embeddings, base)):
                    store.jobs.advance(work.job, film.progress(last), last.number + 1, faces)
        finally:
            recorder.flush()
            if last is not None:
                store.jobs.advance(work.job, film.progress(last), last.number + 1, faces)
    work.message = " ".join(film.problems)


def annotate(work: Work, store: Store, settings: Settings, _: Models) -> None:
    """Draws what was stored on the kept film; raises as `analyze` does.

    Raises:
        MediaError: the new film cannot be written.
    """
    target = store.files.annotated(work.session)
    target.unlink(missing_ok=True)
    source = store.files.film(work.session)
    film = Film(source, work.name, settings)
    stored = frame_results(store, work.session)
    with closing(film), FilmWriter(target, source) as writer:
        for frame, result in _together(_until_stopped(film, work), stored):
            writer.write(frame.time, np.asarray(draw(frame.pixels, result)))
            store.jobs.advance(work.job, film.progress(frame), frame.number + 1, 0)


def settle(store: Store, work: Work, status: JobStatus, message: str) -> None:
    """Writes how a job ended, and removes what is of no use any more. May be repeated.

    Raises:
        StoreError: it cannot be written.
        NotFoundError: the session is gone already.
    """
    session = store.sessions.get(work.session)
    if session.film is None:  # first, for it makes room
        store.files.remove(session.id)
    if work.kind == "analyze":
        store.sessions.end(session.id, "done" if status == "done" else "interrupted")
    if not session.frames:
        store.jobs.leave_session(work.job)
    store.jobs.end(work.job, status, message)
    if not session.frames:
        store.sessions.delete(session.id)


def without_paths(store: Store, work: Work, message: str) -> str:
    """Returns an error's message as a client may read it."""
    for path in (store.files.annotated(work.session), store.files.film(work.session)):
        message = message.replace(f"{path}", work.name)
    return message


def _until_stopped(film: Film, work: Work) -> Iterator[Frame]:
    for frame in film:
        if work.stop.is_set():
            raise StoppedError
        yield frame


def _together(
    frames: Iterator[Frame], results: Iterator[FrameResult]
) -> Iterator[tuple[Frame, FrameResult]]:
    """Pairs frames with what was seen in them, up to the last that was analyzed."""
    result = next(results, None)
    for frame in frames:
        if result is None:
            return
        if frame.number == result.frame:
            yield frame, result
            result = next(results, None)
