"""Background jobs on videos, one after the other."""

import dataclasses
import logging
import queue
import threading
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
from mien.server.errors import INTERNAL, BusyError, ConflictError
from mien.server.models import AS_SERVED, ModelChoice, Models
from mien.server.records import frame_results
from mien.server.settings import Settings
from mien.server.store import Store
from mien.server.store.faces import NewFrame, Recorder
from mien.server.store.files import STOPPED
from mien.server.store.jobs import Job, JobKind, JobStatus
from mien.server.videos import Video
from mien.server.webhooks import Webhooks
from mien.storage.errors import StoreError, UnknownItemError


class StoppedError(Exception):
    """The job was cancelled, or the server is stopping."""


@dataclass(eq=False)
class Work:
    """One queued or running job.

    Attributes:
        job: its number.
        session: the number of its session.
        kind: analyze or annotate.
        name: the video's.
        model: what to analyze with; None for an annotation.
        adapter: of the profile, as it was when the video was sent; None for no profile.
        webhook: the address that is told of its end; empty for none.
        stop: set to cancel the job.
        message: of the ended job.
    """

    job: int
    session: int
    kind: JobKind
    name: str
    model: ModelChoice | None = None
    adapter: Adapter | None = None
    webhook: str = ""
    stop: threading.Event = field(default_factory=threading.Event)
    message: str = ""


def analyze(work: Work, store: Store, settings: Settings, models: Models) -> None:
    """Stores the result of each frame of a video; whatever ends the job, stored frames stay.

    Raises:
        MienError: the video cannot be read, or not to its end.
        StoreError: a frame cannot be stored.
        StoppedError: `work.stop` was set.
    """
    analyzer = models.get(work.model or AS_SERVED)
    video = Video(store.files.video(work.session), work.name, settings)
    recorder = Recorder(store.faces, work.session)
    track, faces, last = analyzer.track(), 0, None
    with closing(video):
        try:
            for last in _until_stopped(video, work):
                (result,), prediction = analyzer.classify([track(last, work.adapter)])
                faces += len(result.faces)
                base = None if work.adapter is None else prediction.probabilities
                if recorder.write(NewFrame(result, prediction.embeddings, base)):
                    store.jobs.advance(work.job, video.progress(last), last.number + 1, faces)
        finally:
            recorder.flush()
            if last is not None:
                store.jobs.advance(work.job, video.progress(last), last.number + 1, faces)
    work.message = " ".join(video.problems)


def annotate(work: Work, store: Store, settings: Settings, _: Models) -> None:
    """Annotates the saved video with the stored results; raises as `analyze` does.

    Raises:
        MediaError: the annotated video cannot be written.
    """
    target = store.files.annotated(work.session)
    target.unlink(missing_ok=True)
    source = store.files.video(work.session)
    video = Video(source, work.name, settings)
    stored = frame_results(store, store.sessions.get(work.session))
    with closing(video), VideoWriter(target, source) as writer:
        for frame, result in _pair(_until_stopped(video, work), stored):
            writer.write(frame.time, np.asarray(draw(frame.pixels, result)))
            store.jobs.advance(work.job, video.progress(frame), frame.number + 1, 0)


def settle(store: Store, work: Work, status: JobStatus, message: str) -> None:
    """Stores how a job ended, and removes its temporary data. May be repeated.

    Raises:
        StoreError: it cannot be stored.
        UnknownItemError: the session is deleted.
    """
    session = store.sessions.get(work.session)
    if session.film is None:  # first, because it frees disk space
        store.files.remove(session.id)
    if work.kind == "analyze":
        ended = store.sessions.end(session.id, "done" if status == "done" else "interrupted")
        store.series.store(ended)
    if not session.frames:
        store.jobs.leave_session(work.job)
    store.jobs.end(work.job, status, message)
    if not session.frames:
        store.sessions.delete(session.id)


def hide_paths(store: Store, work: Work, message: str) -> str:
    """Replaces paths of the server in a message by the video's name."""
    for path in (store.files.annotated(work.session), store.files.video(work.session)):
        message = message.replace(f"{path}", work.name)
    return message


def _until_stopped(video: Video, work: Work) -> Iterator[Frame]:
    for frame in video:
        if work.stop.is_set():
            raise StoppedError
        yield frame


def _pair(
    frames: Iterator[Frame], results: Iterator[FrameResult]
) -> Iterator[tuple[Frame, FrameResult]]:
    """Pairs frames with their results, up to the last analyzed frame."""
    result = next(results, None)
    for frame in frames:
        if result is None:
            return
        if frame.number == result.frame:
            yield frame, result
            result = next(results, None)


MAX_QUEUED = 16
"""The length of the queue; each of its videos is on the disk."""

_RETRY_AFTER = 60.0  # seconds
_POLL = 5.0  # seconds between two checks for other work
_END_TIMEOUT = 10.0  # seconds to wait for the current frame when the server ends
_RUNNERS = {"analyze": analyze, "annotate": annotate}

_log = logging.getLogger(__name__)


class Jobs:
    """Runs jobs in a thread of their own, so that live clients do not wait for them.

    If the disk is full when a job ends, its end is kept in memory and stored once there is space.

    Args:
        store: of results and jobs.
        settings: the server's.
        models: the server's; their analyzers may be used from several threads.
    """

    def __init__(self, store: Store, settings: Settings, models: Models) -> None:
        self._store, self._settings, self._models = store, settings, models
        self._webhooks = Webhooks(settings.webhook_hosts, settings.webhook_secret)
        self._waiting: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._open: dict[int, Work] = {}
        self._unsaved: dict[int, tuple[Work, JobStatus, str]] = {}
        self._lock = threading.RLock()
        self._current: Work | None = None
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="mien-jobs", daemon=True)
        self._thread.start()

    def submit(
        self,
        upload: Path,
        name: str,
        model: ModelChoice,
        keep: bool,
        profile: str | None = None,
        adapter: Adapter | None = None,
        webhook: str = "",
    ) -> Job:
        """Queues a video to be analyzed into a new session.

        Args:
            upload: the video's file, which is moved.
            name: the client's name of it.
            model: what to analyze it with.
            keep: whether to save the video.
            profile: the name of the profile to apply; None for none.
            adapter: of that profile.
            webhook: the address to tell of the end; empty for none.

        Raises:
            InvalidFieldError: the webhook's host is not listed.
            NotFoundError: there is no such model or detector, or the model has no such prior.
            UnreadableError: it is not a video, or beyond the limits.
            BusyError: the queue is full.
        """
        if webhook:
            self._webhooks.check(webhook)
        self._check_queue()
        video = Video(upload, name, self._settings)
        video.close()
        analyzer = self._models.get(model)
        classifier, card = analyzer.classifier, analyzer.classifier.card
        store = self._store
        session = store.sessions.create(
            *(name, "film", card.name, card.version, video.facts.rate, profile),
            model_digest=classifier.digest,
            labels=card.labels,
            prior=classifier.prior,
            detector=analyzer.detector_name,
            clock=video.facts.started,
        ).id
        try:
            store.files.take(upload, session)
            if keep:
                store.sessions.keep_video(session, video.facts.media_type)
            return self._queue(session, "analyze", name, model, adapter, webhook)
        except BaseException:
            store.sessions.delete(session)
            raise

    def submit_annotation(self, session: int) -> Job:
        """Queues the annotation of a session's video.

        Raises:
            UnknownItemError: there is no such session.
            ConflictError: its video was not saved.
            ItemConflictError: a job works on it.
            BusyError: the queue is full.
        """
        self._check_queue()
        found = self._store.sessions.get(session)
        if found.film is None or not found.frames:
            raise ConflictError(
                f"the video of session {session} was not saved, so it cannot be annotated"
            )
        return self._queue(session, "annotate", found.name)

    def get(self, job: int) -> Job:
        """Returns one job; raises as `JobTable.get` does."""
        return self._with_end(self._store.jobs.get(job))

    def list(self, before: int | None, limit: int) -> list[Job]:
        """Returns jobs, the newest first; see `JobTable.list`."""
        return [self._with_end(job) for job in self._store.jobs.list(before, limit)]

    def cancel(self, job: int) -> None:
        """Cancels a job at its next frame; stored frames stay. Deletes an ended job.

        Raises:
            UnknownItemError: there is no such job.
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
        """Ends the thread after the current frame; unfinished jobs are marked as interrupted."""
        with self._lock:
            self._ending = True
            if self._current:
                self._current.stop.set()
        self._waiting.put(None)
        self._thread.join(_END_TIMEOUT)
        self._webhooks.close()

    def _check_queue(self) -> None:
        if len(self._open) >= MAX_QUEUED:
            raise BusyError(
                f"{len(self._open)} videos are queued already",
                _RETRY_AFTER,
                remedy="try again later",
            )

    def _queue(
        self,
        session: int,
        kind: JobKind,
        name: str,
        model: ModelChoice | None = None,
        adapter: Adapter | None = None,
        webhook: str = "",
    ) -> Job:
        with self._lock:
            job = self._store.jobs.create(session, kind, name)
            work = Work(job.id, session, kind, name, model, adapter, webhook)
            self._open[job.id] = work
        self._waiting.put(work)
        return job

    def _with_end(self, job: Job) -> Job:
        if job.id not in self._unsaved:
            return job
        _, status, message = self._unsaved[job.id]
        return dataclasses.replace(job, status=status, message=message)

    def _run(self) -> None:
        while not self._ending:
            try:
                work = self._waiting.get(timeout=_POLL)
            except queue.Empty:
                self._save_ended()
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
            _RUNNERS[work.kind](work, self._store, self._settings, self._models)
            status = "done"
        except StoppedError:
            if self._ending:
                status, work.message = "interrupted", STOPPED
            else:
                status = "cancelled"
        except MienError as error:
            work.message = hide_paths(self._store, work, str(error))
        except Exception:
            _log.exception("job %d", work.job)
            work.message = str(INTERNAL)
        with self._lock:
            self._current = None
            self._finish(work, status, work.message)

    def _finish(self, work: Work, status: JobStatus, message: str) -> None:
        self._open.pop(work.job, None)
        self._unsaved[work.job] = (work, status, message)
        self._save_ended()

    def _save_ended(self) -> None:
        """Stores how jobs ended, as far as the disk allows."""
        for job, (work, status, message) in list(self._unsaved.items()):
            try:
                settle(self._store, work, status, message)
            except UnknownItemError:
                pass  # it was settled before
            except StoreError as error:
                _log.warning("job %d: %s", job, error)
                return
            self._unsaved.pop(job, None)
            if work.webhook:
                self._call(work)

    def _call(self, work: Work) -> None:
        """Tells a job's webhook of its end; a failure becomes a part of the job's message."""
        try:
            ended = self._store.jobs.get(work.job)
        except UnknownItemError:  # deleted while its end waited for the disk
            return

        def note(reason: str) -> None:
            try:
                self._store.jobs.note(work.job, reason)
            except StoreError as error:
                _log.warning("job %d: %s", work.job, error)

        self._webhooks.send(work.webhook, ended, note)
