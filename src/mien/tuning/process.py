"""A worker's process, started and ended."""

import multiprocessing

from optuna.trial import Trial

from mien.training.settings import Settings
from mien.tuning.worker import Work, work

_GOING = 10  # seconds from a closed connection to the end of its process, at most


class WorkerProcess:
    """A worker as the search sees it.

    Args:
        given: what it needs.

    Attributes:
        connection: `Settings` and answers go in, messages come out; it closes when the worker dies.
        trial: what it is training; None while it waits for one.
    """

    def __init__(self, given: Work) -> None:
        # A forked process would inherit torch's threads in a state it cannot use.
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(theirs,), daemon=True)
        self._process.start()
        # With no other end open here, the connection closes when the worker dies.
        theirs.close()
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

    def end(self) -> int | None:
        """Waits for a dead worker to be gone; returns its exit status."""
        self._process.join(_GOING)
        self.stop()
        return self._process.exitcode

    def stop(self) -> None:
        """Ends the process, whatever it is doing."""
        self._process.kill()
        self._process.join()
        self.connection.close()
