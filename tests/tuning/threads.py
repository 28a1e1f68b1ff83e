"""Workers that answer by a formula, in a thread: what a search decides, without training."""

import math
import threading
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from optuna.trial import Trial

from mien.training.settings import Settings
from mien.tuning.worker import BatchDone, Message, Validated, Work

Answer = Callable[[Settings, int], Message | None]


def hill(settings: Settings, epoch: int) -> Message:
    """Accuracy grows with the epochs, and is best at a learning rate of 0.03, without erasing."""
    off = math.log10(settings.optimization.learning_rate / 0.03)
    value = 0.6 - 0.1 * off**2 - 0.2 * settings.augmentation.erasing
    return Validated(epoch, value * epoch / settings.optimization.epochs)


class ThreadWorker:
    """Stands in for `WorkerProcess`; None for an answer is its death."""

    answer: Answer = staticmethod(hill)

    def __init__(self, given: Work) -> None:
        self.connection, self._theirs = Pipe()
        self.trial: Trial | None = None
        self._thread = threading.Thread(target=self._work, args=(self._theirs,), daemon=True)
        self._thread.start()

    def train(self, trial: Trial, settings: Settings) -> None:
        self.trial = trial
        self.connection.send(settings)

    def fate(self) -> str:
        return "was killed (SIGKILL)"

    def kill(self) -> None:
        self.connection.close()
        self._thread.join()

    def _work(self, search: "Connection[object, Settings]") -> None:
        try:
            while self._trial(search, search.recv()):
                pass
        except (EOFError, ConnectionError):
            pass
        search.close()

    def _trial(self, search: "Connection[object, Settings]", settings: Settings) -> bool:
        """Answers for one trial; returns whether the worker lives on."""
        for epoch in range(1, settings.optimization.epochs + 1):
            message = type(self).answer(settings, epoch)
            if message is None:
                return False
            search.send(BatchDone(epoch, 1))
            search.send(message)
            last = epoch == settings.optimization.epochs
            if not isinstance(message, Validated) or (not last and not search.recv()):
                break
        return True


def worker_with(answer: Answer) -> type[ThreadWorker]:
    """Returns workers of another formula."""
    return type("Worker", (ThreadWorker,), {"answer": staticmethod(answer)})
