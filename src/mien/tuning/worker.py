"""A process that trains one trial after the other, and tells the search of each step."""

from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

import torch
from optuna.trial import Trial

from mien.data import FaceDataset
from mien.errors import MienError, TrainingError
from mien.processes.child import ChildProcess
from mien.training.batches import Faces
from mien.training.history import RunningMean
from mien.training.settings import Settings
from mien.training.trainer import Trainer


@dataclass(frozen=True)
class Work:
    """What a worker needs beside each trial's settings.

    Attributes:
        train: the faces to learn from.
        validation: the faces to measure on.
        seed: of every trial.
        device: a torch device.
        threads: CPU threads.
    """

    train: FaceDataset
    validation: FaceDataset
    seed: int
    device: str
    threads: int


@dataclass(frozen=True)
class BatchDone:
    """One of so many batches of an epoch, counted from 1, is learned."""

    epoch: int
    batches: int


@dataclass(frozen=True)
class Validated:
    """An epoch, counted from 1, is done. But for the last, the worker waits for a yes or no."""

    epoch: int
    accuracy: float


@dataclass(frozen=True)
class Diverged:
    """The trial ended, for its loss is no longer a number."""

    reason: str


@dataclass(frozen=True)
class Impossible:
    """No trial of this recipe can be trained here."""

    reason: str


Message = BatchDone | Validated | Diverged | Impossible


def work(search: "Connection[Message, Any]") -> None:
    """Trains the settings that come through a connection, until it closes.

    Args:
        search: through it come `Work`, then the `Settings` of one trial after the other, and a
            yes or no after each epoch but a trial's last; messages go back.

    Raises:
        EOFError: it has closed; `OSError` where that was in the middle of a message.
    """
    given: Work = search.recv()
    torch.set_num_threads(given.threads)
    place = torch.device(given.device)
    faces = Faces.of(given.train, place), Faces.of(given.validation, place)
    while True:
        settings = search.recv()
        try:
            trainer = Trainer(settings, *faces, given.seed, place)
        except MienError as error:
            search.send(Impossible(str(error)))
        else:
            _train(trainer, settings.optimization.epochs, search)


def _train(trainer: Trainer, epochs: int, search: "Connection[Message, Any]") -> None:
    try:
        for epoch in range(1, epochs + 1):
            tell = partial(_tell_batch, search, BatchDone(epoch, trainer.batches))
            record = trainer.run_epoch(epoch - 1, tell)
            search.send(Validated(epoch, record.validation_accuracy))
            if epoch < epochs and not search.recv():
                return
    except TrainingError as error:
        search.send(Diverged(str(error)))


def _tell_batch(search: "Connection[Message, Any]", done: BatchDone, _: RunningMean) -> None:
    search.send(done)


class WorkerProcess(ChildProcess):
    """A worker: `Settings` and answers go into its connection, messages come out.

    Args:
        given: what it needs.

    Attributes:
        trial: what it is training; None while it waits for one.

    Raises:
        ProcessError: the system refuses to start it.
    """

    def __init__(self, given: Work) -> None:
        super().__init__(work)
        self._given: Work | None = given
        self.trial: Trial | None = None

    def train(self, trial: Trial, settings: Settings) -> None:
        """Starts a trial.

        Raises:
            OSError: the worker is dead.
        """
        self.trial = trial
        if self._given is not None:
            self.connection.send(self._given)
            self._given = None
        self.connection.send(settings)
