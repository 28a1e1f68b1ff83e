"""What a training run records of each epoch, and the paper's figures drawn from it."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import torch
from matplotlib.figure import Figure
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from torch import Tensor

from mien.files import replacing
from mien.sheets import write_cells


class RunningMean:
    """Mean loss and accuracy over the faces seen so far, kept on their device until asked for."""

    def __init__(self) -> None:
        self._loss = torch.zeros(())
        self._correct = torch.zeros(())
        self._count = 0

    def add(self, loss: Tensor, correct: Tensor, count: int) -> None:
        """Adds a batch: its mean loss, how many faces were right, how many there were."""
        self._loss = self._loss.to(loss.device) + loss * count
        self._correct = self._correct.to(correct.device) + correct
        self._count += count

    def result(self) -> tuple[float, float]:
        """Returns the mean loss and the accuracy."""
        return float(self._loss) / self._count, float(self._correct) / self._count


@dataclass(frozen=True)
class EpochRecord:
    """One row of `history.csv`.

    Losses are cross-entropy alone, without regularizers. Training figures are means over the
    epoch, with augmentation and dropout on, as Keras and so the paper reports them.
    """

    epoch: int
    learning_rate: float
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float


def write_history(path: Path, records: Sequence[EpochRecord]) -> None:
    """Writes a CSV, one row an epoch."""
    with replacing(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        names = [column.name for column in fields(EpochRecord)]
        file.write(write_cells([names, *map(astuple, records)], end="\r\n"))


def plot_curves(path: Path, records: Sequence[EpochRecord]) -> None:
    """Draws training and validation accuracy, and training and validation loss, over epochs."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    accuracy, loss = figure.subplots(1, 2)
    epochs = [record.epoch for record in records]
    for axes, name, scale in ((accuracy, "accuracy", 100), (loss, "loss", 1)):
        for part in ("train", "validation"):
            values = [scale * getattr(record, f"{part}_{name}") for record in records]
            axes.plot(epochs, values, marker=".", label="training" if part == "train" else part)
        axes.set_xlabel("epoch")
        axes.grid(alpha=0.3)
        axes.legend()
    accuracy.set_ylabel("accuracy, %")
    loss.set_ylabel("cross-entropy, nats")
    with replacing(path) as beside:
        figure.savefig(beside, dpi=120)


class Listener:
    """Hears how a run goes. This one does nothing with it."""

    def aligned(self, done: int, total: int) -> None:
        """So many of the faces have been aligned, before the run starts."""

    def starts(self, epochs: int, done: int, batches: int) -> None:
        """The run has so many epochs of so many batches; so many epochs are done already."""

    def batch(self, running: RunningMean) -> None:
        """A batch is done; `running` is the epoch's loss and accuracy so far."""

    def epoch(self, record: EpochRecord) -> None:
        """An epoch is done and saved."""


class ProgressBar(Listener):
    """A bar over an epoch's batches with its running figures, and a line for each epoch done.

    Args:
        console: where to draw; without a terminal only the lines are printed.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("")
        self._epochs = 0
        self._done = 0

    def __enter__(self) -> "ProgressBar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def aligned(self, done: int, total: int) -> None:
        """Moves a bar of its own."""
        self._bar.update(self._task, completed=done, total=total, description="aligning faces")

    def starts(self, epochs: int, done: int, batches: int) -> None:
        """Sets the bar up for the first epoch to come."""
        self._epochs, self._done = epochs, done
        self._bar.reset(self._task, total=batches)

    def batch(self, running: RunningMean) -> None:
        """Moves the bar, and shows the running loss and accuracy."""
        loss, accuracy = running.result()
        text = f"epoch {self._done + 1}/{self._epochs}  loss {loss:.3f}  accuracy {accuracy:.1%}"
        self._bar.update(self._task, advance=1, description=text)

    def epoch(self, record: EpochRecord) -> None:
        """Prints the epoch's figures and takes the bar back to the start."""
        self._done = record.epoch
        self._console.print(
            f"epoch {record.epoch}/{self._epochs}: "
            f"training loss {record.train_loss:.3f}, accuracy {record.train_accuracy:.2%}; "
            f"validation loss {record.validation_loss:.3f}, "
            f"accuracy {record.validation_accuracy:.2%}",
            highlight=False,
        )
        self._bar.reset(self._task)
