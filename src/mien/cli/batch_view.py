"""What `mien batch` shows: a bar while it runs, what would be done, and what came of it."""

from datetime import timedelta
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table

from mien.batch.job_folder import Totals
from mien.batch.plan import Piece
from mien.batch.progress import Listener, Workload
from mien.cli.console import printable, tell_note
from mien.cli.tables import print_note
from mien.inference.records import LABELS

if TYPE_CHECKING:
    from mien.batch.estimate import Plan
    from mien.batch.job import Report

_REASONS = 10  # that are shown; all are in the manifest


class BatchBar(Listener):
    """A bar over the whole job, with its rate, the time left and the failures so far.

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
        self._before, self._left, self._worked = 0, 0.0, 0.0

    def __enter__(self) -> "BatchBar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def note(self, text: str) -> None:
        """Prints it."""
        tell_note(text)

    def listed(self, count: int) -> None:
        """Shows the count."""
        self._bar.update(self._task, description=f"{count:,} inputs listed")

    def starts(self, workload: Workload, totals: Totals) -> None:
        """Sets the bar up; what was done before speeds nothing up."""
        self._before, self._left = totals.counts["pictures"], workload.cost - workload.done
        self._bar.reset(self._task, total=workload.cost)
        self._bar.update(self._task, completed=workload.done)

    def done(self, piece: Piece, totals: Totals) -> None:
        """Moves the bar."""
        self._worked += piece.cost
        self._left -= piece.cost
        elapsed = max(self._bar.tasks[self._task].elapsed or 0.0, 1e-9)
        counts = totals.counts
        text = (
            f"{counts['photos'] + counts['films']:,} inputs  "
            f"{(counts['pictures'] - self._before) / elapsed:,.1f} images/s  "
            f"{counts['failures']:,} failures  {_time(elapsed * self._left / self._worked)} left"
        )
        self._bar.update(self._task, advance=piece.cost, description=text)


def print_report(report: "Report", out: Path) -> None:
    """Prints what came of a job: faces, each emotion's share, failures by reason, the rate."""
    console = Console(highlight=False, soft_wrap=True)
    counts = report.totals.counts
    console.print(
        f"{counts['photos']:,} photos, {counts['films']:,} videos, {counts['pictures']:,} images "
        f"in all: {counts['faces']:,} faces; {counts['pictures'] / report.seconds:,.1f} images/s"
    )
    if counts["faces"]:
        console.print(_shares(report.totals))
    if counts["failures"]:
        console.print(f"{counts['failures']:,} inputs have no rows:")
        for reason, count in report.totals.reasons.most_common(_REASONS):
            console.print(f"  {count:,}: {printable(reason, console)}", markup=False)
    if counts["notes"]:
        console.print(f"{counts['notes']:,} notes of what was passed over, in notes/")
    console.print(printable(f"records, errors and manifest.json in {out}", console), markup=False)
    print_note()


def print_plan(plan: "Plan", workers: int) -> None:
    """Prints what a job would do, and how long it may take."""
    console = Console(highlight=False)
    for name, one in plan.kinds.items():
        console.print(
            f"{one.count:,} {name}s, {one.size / 1e6:,.1f} MB; "
            f"{one.tried} tried, {one.failed} of them cannot be read"
        )
    if plan.passed_over:
        console.print(f"{plan.passed_over:,} other files are passed over")
    seconds, margin = plan.seconds / workers, plan.margin / workers
    interval = f"95 % interval {_time(seconds - margin)} to {_time(seconds + margin)}"
    about = interval if isfinite(margin) else "of one kind a single input was tried"
    console.print(f"with {workers} workers: about {_time(seconds)} ({about})")


def _shares(totals: Totals) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("emotion")
    for name in ("faces", "share"):
        table.add_column(name, justify="right")
    for label in LABELS:
        if count := totals.counts[label]:
            table.add_row(label, f"{count:,}", f"{count / totals.counts['faces']:.1%}")
    return table


def _time(seconds: float) -> str:
    return str(timedelta(seconds=round(max(seconds, 0.0))))
