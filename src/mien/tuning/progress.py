"""How a search tells what it does."""

from optuna.trial import FrozenTrial, TrialState
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from mien.tuning.study import NOTE, VALUES


class Listener:
    """Listens to the progress of a search; this one ignores it."""

    def starts(self, trials: int, done: int) -> None:
        """So many trials are wanted; so many have ended in earlier calls."""

    def batch(self, number: int, epoch: int, batches: int) -> None:
        """A trial has learned one more of an epoch's batches; epochs count from 1."""

    def trial(self, trial: FrozenTrial, best: FrozenTrial | None) -> None:
        """A trial has ended, early or not; the best so far is given with it."""

    def lost(self, number: int, fate: str) -> None:
        """A trial's worker has died, in that way."""


class ProgressBars(Listener):
    """A bar for the search and one a running trial, and a line for each trial that ended.

    Args:
        console: where to draw; without a terminal only the lines are printed.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._all = self._bars.add_task("trials")
        self._running: dict[int, TaskID] = {}
        self._epochs: dict[int, int] = {}

    def __enter__(self) -> "ProgressBars":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def starts(self, trials: int, done: int) -> None:
        """Creates the bar of the search."""
        self._bars.update(self._all, total=trials, completed=done)

    def batch(self, number: int, epoch: int, batches: int) -> None:
        """Moves a trial's bar, which starts anew with each epoch."""
        if number not in self._running:
            self._running[number] = self._bars.add_task("")
        if self._epochs.get(number) != epoch:
            self._epochs[number] = epoch
            text = f"trial {number}, epoch {epoch}"
            self._bars.reset(self._running[number], total=batches, description=text)
        self._bars.advance(self._running[number])

    def trial(self, trial: FrozenTrial, best: FrozenTrial | None) -> None:
        """Prints a trial's outcome and what it tried, and the best so far."""
        outcome = (
            f"{trial.values[0]:.2%}"
            if trial.state is TrialState.COMPLETE
            else str(trial.user_attrs[NOTE])
        )
        tried = ", ".join(f"{key} {value}" for key, value in trial.user_attrs[VALUES].items())
        leader = f"; best {best.values[0]:.2%}, trial {best.number}" if best else ""
        self._tell(f"trial {trial.number}: {outcome} ({tried}){leader}", trial.number)
        self._bars.advance(self._all)

    def lost(self, number: int, fate: str) -> None:
        """Prints that a trial was lost."""
        self._tell(
            f"trial {number}: lost, its worker {fate}; it does not count",
            number,
        )

    def _tell(self, line: str, number: int) -> None:
        self._console.print(line, markup=False, highlight=False)
        if number in self._running:
            self._bars.remove_task(self._running.pop(number))
