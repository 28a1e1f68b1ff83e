"""What a training run records of each epoch, and the paper's figures drawn from it."""

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import torch
from matplotlib.figure import Figure
from torch import Tensor

from mien.files import replacing


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
        writer = csv.DictWriter(file, [column.name for column in fields(EpochRecord)])
        writer.writeheader()
        writer.writerows(asdict(record) for record in records)


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
