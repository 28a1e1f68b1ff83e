"""What `mien batch` prints: a progress bar, an estimate of a job, and a report at the end."""

from datetime import timedelta
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table
from rich.text import Text

from mien.batch.plan import Task
from mien.batch.progress import Listener, Totals, Workload
from mien.cli.console import print_note, printable
from mien.cli.tables import print_limitations

if TYPE_CHECKING:
    from mien.batch.estimate import JobEstimate
    from mien.batch.job import Report

_MAX_REASONS = 10  # that are printed; all are in the manifest
_KINDS = {"photo": "photos", "film": "videos"}


class BatchBar(Listener):
    """A progress bar of the whole job, with its rate, the time left and the failures so far.

    Args:
        console: where to draw; without a terminal nothing is drawn.
    """

    def __init__(self, console: Console) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=16),
            TaskProgressColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("listing", total=None)
        self._images_before, self._cost_left, self._cost_done = 0, 0.0, 0.0

    def __enter__(self) -> "BatchBar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def note(self, text: str) -> None:
        """Prints the note."""
        print_note(text)

    def inputs_listed(self, count: int) -> None:
        """Shows the count."""
        self._bar.update(self._task, description=f"{count:,} inputs listed")

    def started(self, workload: Workload, totals: Totals) -> None:
        """Sets the bar up; the rate leaves out what earlier runs have done."""
        self._images_before = totals.counts["pictures"]
        self._cost_left = workload.cost - workload.done
        self._bar.reset(self._task, total=workload.cost)
        self._bar.update(self._task, completed=workload.done)

    def task_done(self, task: Task, totals: Totals) -> None:
        """Moves the bar."""
        self._cost_done += task.cost
        self._cost_left -= task.cost
        elapsed = max(self._bar.tasks[self._task].elapsed or 0.0, 1e-9)
        counts = totals.counts
        left = elapsed * self._cost_left / self._cost_done
        text = (
            f"{counts['photos'] + counts['films']:,} inputs  "
            f"{(counts['pictures'] - self._images_before) / elapsed:,.1f} images/s  "
            f"{counts['failures']:,} failures  {_format_time(left)} left"
        )
        self._bar.update(self._task, advance=task.cost, description=text)


def print_report(report: "Report", out: Path) -> None:
    """Prints the results of a job: faces, the share of each label, failures by reason, the rate."""
    console = Console(highlight=False, soft_wrap=True)
    counts = report.totals.counts
    console.print(
        f"{counts['photos']:,} photos, {counts['films']:,} videos, {counts['pictures']:,} images "
        f"in all: {counts['faces']:,} faces; {counts['pictures'] / report.seconds:,.1f} images/s"
    )
    if counts["faces"]:
        console.print(_shares_table(report, console))
    if counts["failures"]:
        console.print(f"{counts['failures']:,} inputs have no rows:")
        for reason, count in report.totals.reasons.most_common(_MAX_REASONS):
            console.print(f"  {count:,}: {printable(reason, console)}", markup=False)
    if counts["notes"]:
        console.print(f"{counts['notes']:,} notes of what was skipped, in notes/")
    console.print(printable(f"records, errors and manifest.json in {out}", console), markup=False)
    print_limitations()


def print_estimate(estimate: "JobEstimate", workers: int) -> None:
    """Prints what a job would do, and how long it may take."""
    console = Console(highlight=False)
    for name, kind in estimate.kinds.items():
        console.print(
            f"{kind.count:,} {_KINDS[name]}, {kind.size / 1e6:,.1f} MB; "
            f"{kind.sampled} tried, {kind.failed} of them cannot be read"
        )
    if estimate.skipped:
        console.print(f"{estimate.skipped:,} other files are skipped")
    seconds, margin = estimate.seconds / workers, estimate.margin / workers
    interval = f"95 % interval {_format_time(seconds - margin)} to {_format_time(seconds + margin)}"
    about = interval if isfinite(margin) else "of one kind a single input was tried"
    console.print(f"with {workers} workers: about {_format_time(seconds)} ({about})")


def _shares_table(report: "Report", console: Console) -> Table:
    counts = report.totals.counts
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("emotion")
    for name in ("faces", "share"):
        table.add_column(name, justify="right")
    for label in report.labels:
        if counts[label]:
            share = f"{counts[label] / counts['faces']:.1%}"
            table.add_row(Text(printable(label, console)), f"{counts[label]:,}", share)
    return table


def _format_time(seconds: float) -> str:
    return str(timedelta(seconds=round(max(seconds, 0.0))))
