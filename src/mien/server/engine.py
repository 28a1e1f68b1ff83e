"""One engine for all clients: images wait in one queue, and threads analyse them in batches."""

import asyncio
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from itertools import groupby
from queue import Empty, SimpleQueue

import numpy as np
from numpy.typing import NDArray

from mien.inference.analyzer import Analyzer, PendingResult
from mien.inference.classifier import Prediction, split_prediction
from mien.personalization.corrections import ModelId
from mien.results import FrameResult
from mien.server.errors import BusyError
from mien.server.limits import Metrics
from mien.server.models import Models
from mien.server.settings import Settings

_GATHER = 0.02  # seconds of work on other clients' faces that a found face waits for at most


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What the engine answers for one image.

    Attributes:
        result: the faces, named.
        base: what the model itself answered for its faces, in their order.
        crops: of these faces, uint8 (N, 48, 48).
        model: which one that was.
    """

    result: FrameResult
    base: Prediction
    crops: NDArray[np.uint8]
    model: ModelId

    def with_threshold(self, unsure_below: float) -> "Answer":
        """Returns the same with faces labelled `unsure` below another confidence."""
        faces = tuple(replace(face, unsure_below=unsure_below) for face in self.result.faces)
        return replace(self, result=replace(self.result, faces=faces))


@dataclass(slots=True, eq=False)
class _Task:
    """One image that waits, and then waits for its faces to be named."""

    model: str
    find: Callable[[Analyzer], PendingResult]
    answer: Future[Answer] = field(default_factory=Future)
    found: PendingResult | None = None


class Engine:
    """Analyses images for all clients.

    Each thread takes an image and finds its faces, then goes on to the next while others wait,
    up to `settings.batch` images or 20 ms, and has all these faces classified at once. Where
    nothing else waits, nothing is waited for.

    Args:
        settings: its model, its queue and its batches.
        metrics: where images, faces and batches are counted.

    Raises:
        ModelError: the model is missing, or is not one of Mien's.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self.models = Models(settings.model)
        self._metrics = metrics
        self._most, self._batch = settings.queue, settings.batch
        self._waiting: SimpleQueue[_Task | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"engine-{number}", daemon=True)
            for number in range(os.cpu_count() or 1)
        ]
        metrics.queue.set_function(self._waiting.qsize)

    def start(self) -> None:
        """Starts the threads, one a core."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Has what waits finished, then ends the threads."""
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    async def analyze(
        self, find: Callable[[Analyzer], PendingResult], model: str | None = None
    ) -> Answer:
        """Has one image analysed; to be called from the event loop.

        Args:
            find: finds the faces, in one of the engine's threads.
            model: the name of the model to use; None is the server's own.

        Raises:
            NotFoundError: there is no such model.
            BusyError: too many images wait already.
            MienError: whatever `find` raises.
        """
        task = _Task(self.models.check(model), find)
        waiting = self._waiting.qsize()
        if waiting >= self._most:
            raise BusyError(f"{waiting} images wait already", remedy="try again soon")
        self._waiting.put(task)
        return await asyncio.wrap_future(task.answer)

    def _work(self) -> None:
        while (task := self._waiting.get()) is not None:
            tasks = sorted(self._gather(task), key=lambda one: one.model)
            for model, group in groupby(tasks, key=lambda one: one.model):
                self._name(model, list(group))

    def _gather(self, task: _Task) -> list[_Task]:
        """Finds the faces of an image, and of those that wait behind it."""
        found: list[_Task] = []
        following: _Task | None = task
        started = time.monotonic()
        while following is not None:
            if self._find(following):
                found.append(following)
            if len(found) == self._batch or time.monotonic() - started >= _GATHER:
                break
            following = self._next()
        return found

    def _next(self) -> _Task | None:
        """Returns what waits; None where nothing does, or where the engine is being closed."""
        try:
            task = self._waiting.get_nowait()
        except Empty:
            return None
        if task is None:
            self._waiting.put(None)  # for `_work` to end by
        return task

    def _find(self, task: _Task) -> bool:
        if not task.answer.set_running_or_notify_cancel():  # its client has left
            return False
        try:
            task.found = task.find(self.models.get(task.model))
        except Exception as error:
            task.answer.set_exception(error)
        return task.found is not None

    def _name(self, model: str, tasks: list[_Task]) -> None:
        analyzer = self.models.get(model)
        try:
            found = [task.found for task in tasks if task.found]
            results, answer = analyzer.classify(found)
        except Exception as error:
            for task in tasks:
                task.answer.set_exception(error)
            return
        self._metrics.batches.observe(len(results))
        self._metrics.faces.inc(len(answer.embeddings))
        known = ModelId.of(analyzer.classifier)
        parts = split_prediction(answer, [len(one.crops) for one in found])
        for task, result, part, one in zip(tasks, results, parts, found, strict=True):
            task.answer.set_result(Answer(result, part, one.crops, known))
