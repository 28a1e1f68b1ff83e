"""How a training run tells what it does."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from mien.training.history import EpochRecord, RunningMean


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
