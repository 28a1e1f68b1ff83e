"""A search: trials are handed to worker processes, and what they answer is written down."""

from contextlib import suppress
from multiprocessing.connection import wait
from typing import Any

from optuna.study import Study
from optuna.trial import Trial, TrialState

from mien.errors import RecipeError, TrainingError
from mien.tuning.plan import Plan
from mien.tuning.progress import Listener
from mien.tuning.study import NOTE, ask, best, counted, give_up, give_up_running
from mien.tuning.worker import (
    BatchDone,
    Diverged,
    Impossible,
    Message,
    Validated,
    Work,
    WorkerProcess,
)

_DEATHS = 3  # workers in a row that may die before their trial's end


class Search:
    """Runs trials until so many have ended by themselves.

    Only this process writes the study. A worker that is killed can thus neither leave half a
    record nor hold a lock: its trial does not count, and another worker takes its place.

    Args:
        study: of `open_study`, for the same plan.
        plan: what is searched.
        given: what the workers need.
        workers: how many trials are trained at the same time.
        listener: hears how it goes.
    """

    def __init__(
        self, study: Study, plan: Plan, given: Work, workers: int, listener: Listener
    ) -> None:
        self._study, self._plan, self._given = study, plan, given
        self._most, self._listener = workers, listener
        self._workers: list[WorkerProcess] = []
        self._ended = len(counted(study))
        self._deaths = 0

    def run(self, trials: int) -> None:
        """Searches until the study has so many trials that count, those of earlier calls too.

        Raises:
            TrainingError: three workers in a row died, or nothing of this recipe can be trained.
        """
        self._listener.starts(trials, self._ended)
        try:
            while True:
                self._hand_out(trials)
                busy = {worker.connection: worker for worker in self._workers if worker.trial}
                if not busy:
                    return
                for connection in wait(list(busy)):
                    self._hear(busy[connection])  # type: ignore[index]
        finally:
            self._stop()

    def _hand_out(self, trials: int) -> None:
        """Gives a trial to every worker that has none, as long as trials are due."""
        while self._ended + sum(worker.trial is not None for worker in self._workers) < trials:
            idle = next((worker for worker in self._workers if worker.trial is None), None)
            if idle is None and len(self._workers) == self._most:
                return
            if idle is None:
                idle = WorkerProcess(self._given)
                self._workers.append(idle)
            self._start_trial(idle)

    def _start_trial(self, worker: WorkerProcess) -> None:
        trial, values = ask(self._study, self._plan)
        try:
            settings = self._plan.trial_settings(values)
        except RecipeError as error:
            self._end(trial, TrialState.PRUNED, f"refused: {error}")
            return
        try:
            worker.train(trial, settings)
        except OSError:
            self._bury(worker, trial)

    def _hear(self, worker: WorkerProcess) -> None:
        """Acts on a worker's next message, or on its death."""
        trial = worker.trial
        assert trial is not None  # noqa: S101  # only busy workers are listened to
        try:
            message: Message = worker.connection.recv()
        except (EOFError, OSError):
            self._bury(worker, trial)
            return
        if self._ends(trial, message, worker.connection):
            worker.trial = None

    def _ends(self, trial: Trial, message: Message, worker: Any) -> bool:
        """Writes down what a message says; returns whether the trial is over."""
        match message:
            case BatchDone():
                self._listener.batch(trial.number, message.epoch, message.batches)
                return False
            case Validated():
                return self._judge(trial, message, worker)
            case Diverged():
                self._end(trial, TrialState.PRUNED, "diverged")
                return True
            case Impossible():
                raise TrainingError(message.reason)

    def _judge(self, trial: Trial, validated: Validated, worker: Any) -> bool:
        """Decides after an epoch whether the trial continues; returns whether it has ended."""
        trial.report(validated.accuracy, validated.epoch)
        if validated.epoch == self._plan.epochs:
            self._end(trial, TrialState.COMPLETE, "", validated.accuracy)
            return True
        pruned = trial.should_prune()
        with suppress(OSError):  # of a worker that is dead, the next look at it will tell
            worker.send(not pruned)
        if pruned:
            self._end(trial, TrialState.PRUNED, f"stopped after epoch {validated.epoch}")
        return pruned

    def _end(
        self, trial: Trial, state: TrialState, note: str, accuracy: float | None = None
    ) -> None:
        trial.set_user_attr(NOTE, note)
        told = self._study.tell(trial, accuracy, state)
        self._ended += 1
        self._deaths = 0
        self._listener.trial(told, best(self._study))

    def _bury(self, worker: WorkerProcess, trial: Trial) -> None:
        """Lets a dead worker go.

        Raises:
            TrainingError: it was the third in a row.
        """
        fate = worker.fate()
        worker.kill()
        self._workers.remove(worker)
        give_up(self._study, trial, blamed=True)
        self._listener.lost(trial.number, fate)
        self._deaths += 1
        if self._deaths == _DEATHS:
            raise TrainingError(
                f"{_DEATHS} workers in a row died before their trial's end: the last one {fate}, "
                "often for lack of memory; what was found is kept: give the same command with "
                "fewer --workers"
            )

    def _stop(self) -> None:
        """Ends all workers; what they were training does not count."""
        for worker in self._workers:
            worker.kill()
        give_up_running(self._study)
