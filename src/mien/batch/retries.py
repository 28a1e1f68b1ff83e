"""Retries tasks whose worker died: once more as a whole, then split, until one item is at fault.

Where the worker said which item it worked on, that one is retried alone at once.
"""

from collections import Counter
from dataclasses import dataclass, field

from mien.batch.analysis import Failure, TaskResult, failed_result, merge_results
from mien.batch.plan import Options, Task

_TRIES = 2  # before a task is split: what kills a worker is more often chance than an item

Finished = list[tuple[Task, TaskResult]]
"""Tasks as they were planned, each with its whole result."""


@dataclass(slots=True)
class _LostTask:
    """A task that was lost at least once.

    Attributes:
        task: as it was planned.
        pending: how many fractions of it have no result yet.
        results: of the fractions that are done.
        tries: how often each fraction was lost, by its first item and its length.
    """

    task: Task
    pending: int = 1
    results: list[TaskResult] = field(default_factory=list)
    tries: Counter[tuple[int, int]] = field(default_factory=Counter)


class Retries:
    """Remembers the tasks that an engine lost.

    Args:
        options: of the job.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._lost: dict[int, _LostTask] = {}

    def done(self, task: Task, result: TaskResult) -> Finished:
        """Takes the result of a task, or of a fraction of it.

        Returns:
            The task as it was planned, with its whole result; nothing while fractions are pending.
        """
        lost = self._lost.get(task.number)
        if lost is None:
            return [(task, result)]
        lost.results.append(result)
        lost.pending -= 1
        if lost.pending:
            return []
        del self._lost[task.number]
        return [(lost.task, merge_results(lost.results))]

    def lost(self, task: Task, why: str, index: int | None = None) -> tuple[list[Task], Finished]:
        """Decides what to do about a task whose worker died or failed.

        Args:
            task: as it was planned, or a fraction of it.
            why: what became of the process, such as "was killed (SIGKILL)".
            index: of the item that it worked on; None where that is unknown.

        Returns:
            The tasks to run instead, and what is finished.
        """
        lost = self._lost.setdefault(task.number, _LostTask(task))
        if index is not None and len(task.items) > 1:
            lost.pending += 1
            lost.tries[index, 1] += 1
            return list(task.isolate(index)), []
        key = task.items[0].index, len(task.items)
        lost.tries[key] += 1
        if lost.tries[key] < _TRIES:
            return [task], []
        if len(task.items) > 1:
            lost.pending += 1
            return list(task.split()), []
        failure = Failure(
            task.items[0],
            f"the process that worked on it {why}, twice",
            "try it alone with 'mien predict'",
        )
        return [], self.done(task, failed_result(failure, self._options))
