"""One engine for all clients: images wait in one queue, and threads analyze them in batches.

Live frames have a line of their own in that queue, and take turns with other images: a live client
sends its next frame once the last one's result is there, and would else wait behind a full queue
for each.
"""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from mien.inference.analyzer import Analyzer
from mien.inference.classifier import Prediction, split_prediction
from mien.inference.pending import PendingResult, with_embeddings
from mien.personalization.corrections import ModelId
from mien.processes.slack import Slack
from mien.results import FrameResult
from mien.server.errors import BusyError
from mien.server.fair_queue import FairQueue
from mien.server.limits import Metrics, takes
from mien.server.models import AS_SERVED, ModelChoice, Models
from mien.server.settings import Settings

_MAX_DELAY = 0.02  # seconds that detected faces wait for those of other clients at most
_NICENESS = 5  # of the threads, above the server's own: its pages are answered first
_FRAMES, _IMAGES = "frames", "images"  # the lines of the queue


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The engine's answer for one image.

    Attributes:
        result: the faces and their labels.
        base: what the model itself predicted for them, before a profile changed it.
        crops: of these faces, uint8 (N, S, S) or (N, S, S, 3).
        model: that predicted them.
    """

    result: FrameResult
    base: Prediction
    crops: NDArray[np.uint8]
    model: ModelId

    def with_threshold(self, unsure_below: float) -> "Answer":
        """Returns the same answer with another confidence threshold."""
        faces = tuple(replace(face, unsure_below=unsure_below) for face in self.result.faces)
        return replace(self, result=replace(self.result, faces=faces))

    def with_embeddings(self) -> "Answer":
        """Returns the same answer, whose faces keep their embeddings."""
        return replace(self, result=with_embeddings(self.result, self.base.embeddings))


@dataclass(slots=True, eq=False)
class _Task:
    """One image of the queue: first its faces are detected, then they are classified."""

    model: ModelChoice
    detect: Callable[[Analyzer], PendingResult]
    line: str
    answer: Future[Answer] = field(default_factory=Future)
    pending: PendingResult | None = None


class Engine:
    """Analyzes images for all clients.

    Each thread detects the faces of an image, then those of the next images in its line, up to
    `settings.batch` images or 20 ms, and classifies all these faces in one batch. It waits for no
    further image.

    Args:
        settings: with the model, the length of the queue and the batch size.
        metrics: that count images, faces and batches.

    Raises:
        ModelError: the model file is missing or invalid.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self.models = Models(settings.model, settings.prior, settings.detector)
        self._metrics = metrics
        self._queue, self._batch = settings.queue, settings.batch
        self._places = asyncio.Semaphore(settings.queue)
        self._slack = Slack()
        self._waiting: FairQueue[_Task] = FairQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"engine-{number}", daemon=True)
            for number in range(os.cpu_count() or 1)
        ]
        metrics.queue.set_function(lambda: len(self._waiting))

    def start(self) -> None:
        """Starts the threads, one per core; on Linux they leave the processor to other threads."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Finishes the queue, then ends the threads."""
        self._waiting.close()
        for thread in self._threads:
            thread.join()
        self._slack.close()

    async def analyze(
        self, detect: Callable[[Analyzer], PendingResult], model: ModelChoice = AS_SERVED
    ) -> Answer:
        """Analyzes one image; call it from the event loop.

        Args:
            detect: detects the faces, in one of the engine's threads.
            model: what to analyze it with.

        Raises:
            NotFoundError: there is no such model or detector, or the model has no such prior.
            BusyError: the queue is full, and stays so for `PATIENCE`.
            MienError: `detect` raises it.
        """
        task = _Task(ModelChoice(*self.models.check(model)), detect, _IMAGES)
        if not await takes(self._places):
            raise BusyError(f"{self._queue} images are queued already", remedy="try again soon")
        try:
            return await self._run(task)
        finally:
            self._places.release()

    async def analyze_frame(
        self, detect: Callable[[Analyzer], PendingResult], model: ModelChoice = AS_SERVED
    ) -> Answer:
        """Analyzes a live frame, as `analyze` does, but no full queue refuses it.

        Live clients are limited, and have one frame in the queue each.
        """
        return await self._run(_Task(ModelChoice(*self.models.check(model)), detect, _FRAMES))

    async def _run(self, task: _Task) -> Answer:
        self._waiting.put(task, task.line)
        return await asyncio.wrap_future(task.answer)

    def _work(self) -> None:
        if sys.platform == "linux":  # elsewhere it would be the whole process's
            os.nice(_NICENESS)
        while self._analyze_next():
            if not self._waiting:
                self._slack.give_back()

    def _analyze_next(self) -> bool:
        """Analyzes the next images, and keeps none of them; returns whether there were any."""
        task = self._waiting.get()
        if task is None:
            return False
        tasks = sorted(self._gather(task), key=lambda task: str(task.model))
        for model, group in groupby(tasks, key=lambda task: task.model):
            self._classify(model, list(group))
        return True

    def _gather(self, task: _Task) -> list[_Task]:
        """Detects the faces of an image, and of those behind it in its line."""
        detected: list[_Task] = []
        following: _Task | None = task
        started = time.monotonic()
        while following is not None:
            if self._detect(following):
                detected.append(following)
            if len(detected) == self._batch or time.monotonic() - started >= _MAX_DELAY:
                break
            following = self._waiting.get_nowait(task.line)
        return detected

    def _detect(self, task: _Task) -> bool:
        if not task.answer.set_running_or_notify_cancel():  # its client has disconnected
            return False
        try:
            task.pending = task.detect(self.models.get(task.model))
        except Exception as error:
            task.answer.set_exception(error)
        return task.pending is not None

    def _classify(self, model: ModelChoice, tasks: list[_Task]) -> None:
        analyzer = self.models.get(model)
        try:
            pending = [task.pending for task in tasks if task.pending]
            results, prediction = analyzer.classify(pending)
        except Exception as error:
            for task in tasks:
                task.answer.set_exception(error)
            return
        self._metrics.batches.observe(len(results))
        self._metrics.faces.inc(len(prediction.embeddings))
        model_id = ModelId.of(analyzer.classifier)
        crops = [image.crops for image in pending]
        parts = split_prediction(prediction, [len(faces) for faces in crops])
        for task, result, part, faces in zip(tasks, results, parts, crops, strict=True):
            task.answer.set_result(Answer(result, part, faces, model_id))
