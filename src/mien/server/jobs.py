"""Videos that are worked on one after the other, and old sessions that are deleted in between."""

import dataclasses
import logging
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mien.errors import MienError
from mien.inference.classifier import Adapter
from mien.inference.draw import draw
from mien.inference.media.images import Frame
from mien.inference.media.video_writer import VideoWriter
from mien.results import FrameResult
from mien.server.errors import BusyError, ConflictError, NotFoundError
from mien.server.exports import frame_results
from mien.server.models import Models
from mien.server.settings import Settings
from mien.server.store import Store
from mien.server.store.faces import Recorder, Seen
from mien.server.store.files import STOPPED, sweep
from mien.server.store.jobs import Job, JobKind, JobStatus
from mien.server.videos import Video
from mien.storage.errors import StoreError


class StoppedError(Exception):
    """The work is not wanted any more."""


@dataclass(eq=False)
class Work:
    """One job that waits, or is at work.

    Attributes:
        job: its number.
        session: the number of its session.
        kind: what is to be done.
        name: the video's.
        model: the name of the model to analyze with; None where nothing is analyzed.
        adapter: what a profile had learned when the video was sent; None leaves the model's
            answers.
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
    """Stores what is seen in a video, as it is seen; whatever ends this, that stays.

    Raises:
        MienError: the video cannot be read, from the start or from somewhere on.
        StoreError: what is seen cannot be stored.
        StoppedError: `work.stop` was set.
    """
    analyzer = models.get(work.model)
    video = Video(store.files.video(work.session), work.name, settings)
    recorder = Recorder(store.faces, work.session)
    look, faces, last = analyzer.track(), 0, None
    with closing(video):
        try:
            for last in _until_stopped(video, work):
                (result,), answer = analyzer.classify([look(last, work.adapter)])
                faces += len(result.faces)
                base = None if work.adapter is None else answer.probabilities
                if recorder.write(Seen(result, answer.embeddings, base)):
                    store.jobs.advance(work.job, video.progress(last), last.number + 1, faces)
        finally:
            recorder.flush()
            if last is not None:
                store.jobs.advance(work.job, video.progress(last), last.number + 1, faces)
    work.message = " ".join(video.problems)


def annotate(work: Work, store: Store, settings: Settings, _: Models) -> None:
    """Draws what was stored on the kept video; raises as `analyze` does.

    Raises:
        MediaError: the new video cannot be written.
    """
    target = store.files.annotated(work.session)
    target.unlink(missing_ok=True)
    source = store.files.video(work.session)
    video = Video(source, work.name, settings)
    stored = frame_results(store, work.session)
    with closing(video), VideoWriter(target, source) as writer:
        for frame, result in _together(_until_stopped(video, work), stored):
            writer.write(frame.time, np.asarray(draw(frame.pixels, result)))
            store.jobs.advance(work.job, video.progress(frame), frame.number + 1, 0)


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
    for path in (store.files.annotated(work.session), store.files.video(work.session)):
        message = message.replace(f"{path}", work.name)
    return message


def _until_stopped(video: Video, work: Work) -> Iterator[Frame]:
    for frame in video:
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


MOST_WAITING = 16
"""How many videos may wait; each lies on the disk."""

_LATER = 60.0  # seconds after which a client may ask again
_PAUSE = 5.0  # seconds between two looks at what else there is to do
_DAY = 24 * 3600.0
_END = 10.0  # seconds to wait for the frame in work when the server ends
_DO = {"analyze": analyze, "annotate": annotate}

_log = logging.getLogger(__name__)


class Jobs:
    """Works on videos in a thread of its own, so that live clients do not wait for them.

    What cannot be written at the end of a job, because the disk is full, is written once there is
    room; until then it is told from memory.

    Args:
        store: where the results go, and where jobs outlive the server.
        settings: the server's.
        models: what can be asked for. Their analyzers serve any number of threads at a time.
    """

    def __init__(self, store: Store, settings: Settings, models: Models) -> None:
        self._store, self._settings, self._models = store, settings, models
        self._waiting: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._open: dict[int, Work] = {}
        self._untold: dict[int, tuple[Work, JobStatus, str]] = {}
        self._lock = threading.RLock()
        self._current: Work | None = None
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="mien-jobs", daemon=True)
        self._thread.start()

    def submit(
        self,
        upload: Path,
        name: str,
        model: str | None,
        keep: bool,
        profile: str | None = None,
        adapter: Adapter | None = None,
    ) -> Job:
        """Queues a video to be analyzed, as a session of its own.

        Args:
            upload: the video, which is moved.
            name: what the client calls it.
            model: the model's name; None is the server's own.
            keep: whether the video stays once it is analyzed.
            profile: the name of the one that answers; None leaves the model's answers.
            adapter: what that profile has learned.

        Raises:
            NotFoundError: there is no such model.
            UnreadableError: it is not a video, or beyond the limits.
            BusyError: too many wait already.
        """
        self._demand_room()
        video = Video(upload, name, self._settings)
        video.close()
        known = self._models.check(model)
        classifier = self._models.get(known).classifier
        card, digest = classifier.card, classifier.digest
        store = self._store
        session = store.sessions.create(
            name, "film", card.name, card.version, video.facts.rate, profile, digest
        ).id
        try:
            store.files.take(upload, session)
            if keep:
                store.sessions.keep_video(session, video.facts.media_type)
            return self._queue(session, "analyze", name, known, adapter)
        except BaseException:
            store.sessions.delete(session)
            raise

    def submit_annotation(self, session: int) -> Job:
        """Queues the drawing of a session's results on its video.

        Raises:
            NotFoundError: there is no such session.
            ConflictError: its video was not kept, or a job is at work on it.
            BusyError: too many wait already.
        """
        self._demand_room()
        found = self._store.sessions.get(session)
        if found.film is None or not found.frames:
            raise ConflictError(f"session {session}: its video was not kept, so none can be drawn.")
        return self._queue(session, "annotate", found.name)

    def get(self, job: int) -> Job:
        """Returns one job; raises as `JobTable.get` does."""
        return self._told(self._store.jobs.get(job))

    def list(self, before: int | None, limit: int) -> list[Job]:
        """Returns jobs, the newest first; see `JobTable.list`."""
        return [self._told(job) for job in self._store.jobs.list(before, limit)]

    def cancel(self, job: int) -> None:
        """Ends a job, at the next frame; what it stored stays. Forgets one that is over.

        Raises:
            NotFoundError: there is none of this number.
        """
        with self._lock:
            work = self._open.get(job)
            if work is None:
                self._store.jobs.delete(self._store.jobs.get(job).id)
                return
            work.stop.set()
            if work is not self._current:
                self._finish(work, "cancelled", "")

    def close(self) -> None:
        """Ends the thread after the frame in work; what is not done is marked as interrupted."""
        with self._lock:
            self._ending = True
            if self._current:
                self._current.stop.set()
        self._waiting.put(None)
        self._thread.join(_END)

    def _demand_room(self) -> None:
        if len(self._open) >= MOST_WAITING:
            raise BusyError(
                f"{len(self._open)} videos wait already", _LATER, remedy="try again later"
            )

    def _queue(
        self,
        session: int,
        kind: JobKind,
        name: str,
        model: str | None = None,
        adapter: Adapter | None = None,
    ) -> Job:
        with self._lock:
            job = self._store.jobs.create(session, kind, name)
            self._open[job.id] = work = Work(job.id, session, kind, name, model, adapter)
        self._waiting.put(work)
        return job

    def _told(self, job: Job) -> Job:
        if job.id not in self._untold:
            return job
        _, status, message = self._untold[job.id]
        return dataclasses.replace(job, status=status, message=message)

    def _run(self) -> None:
        swept = -_DAY
        while not self._ending:
            if time.monotonic() - swept >= _DAY:
                swept = time.monotonic()
                sweep(self._store, self._settings.keep_days)
            try:
                work = self._waiting.get(timeout=_PAUSE)
            except queue.Empty:
                self._tell()
                continue
            if work is not None:
                self._do(work)

    def _do(self, work: Work) -> None:
        with self._lock:
            if work.stop.is_set() or self._ending:
                return
            self._current = work
        status: JobStatus = "failed"
        try:
            self._store.jobs.advance(work.job, 0, 0, 0)
            _DO[work.kind](work, self._store, self._settings, self._models)
            status = "done"
        except StoppedError:
            if self._ending:
                status, work.message = "interrupted", STOPPED
            else:
                status = "cancelled"
        except MienError as error:
            work.message = without_paths(self._store, work, str(error))
        except Exception:
            _log.exception("job %d", work.job)
            work.message = "the server met a fault of its own; its log says which."
        with self._lock:
            self._current = None
            self._finish(work, status, work.message)

    def _finish(self, work: Work, status: JobStatus, message: str) -> None:
        self._open.pop(work.job, None)
        self._untold[work.job] = (work, status, message)
        self._tell()

    def _tell(self) -> None:
        """Writes how jobs ended, as far as the disk allows."""
        for job, (work, status, message) in list(self._untold.items()):
            try:
                settle(self._store, work, status, message)
            except NotFoundError:
                pass  # it was settled but for the answer
            except StoreError as error:
                _log.warning("job %d: %s", job, error)
                return
            self._untold.pop(job, None)
