"""The progress of a job: how much there is to do, and what the finished tasks add up to."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from mien.batch.plan import Task


@dataclass(slots=True)
class Workload:
    """How much a job has to do.

    Attributes:
        photos: how many.
        videos: how many; a split video counts once.
        size: of all items, in bytes.
        cost: of all tasks, as estimated, in seconds of one core.
        done: how much of `cost` was done by earlier runs.
    """

    photos: int = 0
    videos: int = 0
    size: int = 0
    cost: float = 0.0
    done: float = 0.0

    def add(self, task: Task, done: bool) -> None:
        """Adds a task, which an earlier run may have done."""
        self.cost += task.cost
        self.done += task.cost * done
        if task.part is None or task.part.number == 0:
            videos = sum(item.is_video for item in task.items)
            self.videos += videos
            self.photos += len(task.items) - videos
            self.size += sum(item.size for item in task.items)


def measure(tasks: Iterable[Task], done: set[int]) -> Workload:
    """Adds up tasks, some of which are done.

    Args:
        tasks: of the job.
        done: the numbers of those that are done.
    """
    workload = Workload()
    for task in tasks:
        workload.add(task, task.number in done)
    return workload


@dataclass(slots=True)
class Totals:
    """What the results of some tasks add up to.

    Attributes:
        counts: as those of a `TaskResult`, and the number of `failures` and `notes`.
        reasons: how many items failed for each reason, whose figures are left out.
        seconds: that workers took.
    """

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def add(self, other: "Totals") -> None:
        """Adds the totals of other tasks."""
        self.counts += other.counts
        self.reasons += other.reasons
        self.seconds += other.seconds


class Listener:
    """Is notified of a job's progress, which this one ignores. A subclass overrides the methods."""

    def note(self, text: str) -> None:
        """Receives what a user should know and what stops nothing."""

    def inputs_listed(self, count: int) -> None:
        """Receives how many inputs are listed so far, before the work starts."""

    def started(self, workload: Workload, totals: Totals) -> None:
        """Is called when the work starts; `totals` are those of earlier runs of this job."""

    def task_done(self, task: Task, totals: Totals) -> None:
        """Is called when a task is done; `totals` are those of the job so far."""
