"""Engines made for tests."""

from collections.abc import Callable, Iterable

from mien.batch.analysis import Models, TaskResult, analyze_task
from mien.batch.plan import Options, Task
from mien.batch.pool import Results


class InProcess:
    """Analyzes the tasks one by one, in this process.

    Args:
        after: called after each task; what it raises ends the run.
    """

    name = "test"

    def __init__(self, after: Callable[[Task], None] = lambda _: None) -> None:
        self._after = after

    def run(self, tasks: Iterable[Task], options: Options) -> Results:
        models = Models(options)
        for task in tasks:
            yield task, analyze_task(task, models)
            self._after(task)


class Scripted:
    """Answers any task with what a function returns."""

    name = "test"

    def __init__(self, answer: Callable[[Task], TaskResult]) -> None:
        self._answer = answer

    def run(self, tasks: Iterable[Task], options: Options) -> Results:
        for task in tasks:
            yield task, self._answer(task)
