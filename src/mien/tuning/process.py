"""A worker's process, as the search sees it."""

from optuna.trial import Trial

from mien.processes.child import ChildProcess
from mien.training.settings import Settings
from mien.tuning.worker import Work, work


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
