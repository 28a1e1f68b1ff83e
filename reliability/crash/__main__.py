"""Usage: python -m reliability.crash [--kills 1000] [--seed S] [--only recording,teaching,...].

Kills recordings, batches, trainings and so on at random moments, starts them again and checks what
was acknowledged; then stops each command with SIGTERM and Ctrl-C, has disks fill and fail, and the
clock jump. Prints a table and writes it as JSON; the exit status is 1 if a promise was broken.
"""

import argparse
import queue
import random
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from reliability.crash.clock import plan_jumps
from reliability.crash.faults import plan_faults
from reliability.crash.full_disk import plan_full_disks
from reliability.crash.inputs import Inputs
from reliability.crash.outcome import Outcome
from reliability.crash.plan import SHARES, Job, draw_stop, plan_each, plan_kills
from reliability.crash.processes import end_all
from reliability.crash.report import Report

_SIGNALS, _FAULTS = "SIGTERM, Ctrl-C", "failing disk"
_EVERY = 25  # disturbances, of which a line tells where there is no progress bar
_FULL, _CLOCK = "full disk", "jumping clock"


def main() -> int:
    """Runs the plan; returns the exit status."""
    arguments = _parse()
    root = arguments.out.resolve()
    shutil.rmtree(root / "runs", ignore_errors=True)
    report = Report(seed=arguments.seed)
    console = Console(stderr=True)
    console.print(f"seed {arguments.seed}; files in {root}", highlight=False)
    started = time.monotonic()
    jobs = _plan(arguments, root, report)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    whole = _run(jobs, report, console, arguments.jobs)
    report.seconds = time.monotonic() - started
    (root / "crash.json").write_text(report.to_json())
    print(report.to_text())
    if not whole:
        print("stopped before the end of the plan")
        return 130
    return 1 if report.violations else 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser("reliability.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000, help="in all")
    parser.add_argument("--each", type=int, default=6, help="signals, and faults, of each command")
    parser.add_argument("--seed", type=int, default=None, help="of the plan; by default, drawn")
    parser.add_argument("--only", default="", help=f"any of {','.join(SHARES)},signals,disk,clock")
    parser.add_argument("--out", type=Path, default=Path("runs/crash"))
    parser.add_argument("--jobs", type=int, default=2, help="scenarios at once")
    arguments = parser.parse_args()
    arguments.only = [name for name in arguments.only.split(",") if name]
    known = [*SHARES, "signals", "disk", "clock"]
    if unknown := [name for name in arguments.only if name not in known]:
        parser.error(f"unknown scenario '{unknown[0]}'; choose from {', '.join(known)}")
    if arguments.seed is None:
        arguments.seed = time.time_ns() % 2**32
    return arguments


def _plan(arguments: argparse.Namespace, root: Path, report: Report) -> list[Job]:
    only, seed = arguments.only, arguments.seed
    inputs, runs = Inputs.make(root / "runs" / "inputs"), root / "runs"
    scenarios = [name for name in SHARES if not only or name in only]
    jobs = plan_kills(inputs, runs, arguments.kills, seed, scenarios) if scenarios else []
    if not only or "signals" in only:
        jobs += plan_each(_SIGNALS, inputs, runs, arguments.each, draw_stop, seed)
    if not only or "disk" in only:
        jobs += plan_faults(_FAULTS, inputs, runs, arguments.each, seed, report.skipped)
        jobs += plan_full_disks(_FULL, inputs, runs, arguments.each, seed, report.skipped)
    if not only or "clock" in only:
        jobs += plan_jumps(_CLOCK, runs, seed, report.skipped)
    return jobs


def _run(jobs: Sequence[Job], report: Report, console: Console, threads: int) -> bool:
    """Runs the jobs, a few at once, and shows how far they are; False if it is stopped."""
    outcomes: queue.SimpleQueue[Outcome | None] = queue.SimpleQueue()
    stopping = threading.Event()
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with (
        Progress(*columns, TimeElapsedColumn(), console=console) as progress,
        ThreadPoolExecutor(threads) as pool,
    ):
        task = progress.add_task("disturbances", total=sum(job.count for job in jobs))
        # In any order: whoever stops it early has seen something of all.
        for job in sorted(
            jobs, key=lambda job: random.Random(f"{report.seed} {job.name}").random()
        ):
            pool.submit(_put_outcomes, job, outcomes, stopping)
        try:
            for outcome in _take(outcomes, len(jobs)):
                report.add(outcome)
                progress.advance(task, outcome.struck)
                if not console.is_terminal and outcome.struck and report.struck % _EVERY == 0:
                    console.print(f"{report.struck} disturbances", highlight=False)
                for violation in outcome.violations:
                    console.print(violation, style="red", markup=False, highlight=False)
        except KeyboardInterrupt:
            stopping.set()
            end_all()
            pool.shutdown(cancel_futures=True)
    return not stopping.is_set()


def _put_outcomes(
    job: Job, outcomes: "queue.SimpleQueue[Outcome | None]", stopping: threading.Event
) -> None:
    """Puts the outcomes of a job, and None at its end."""
    try:
        for outcome in job.run():
            if stopping.is_set():
                return
            outcomes.put(outcome)
    except Exception as error:  # a fault of the harness must not pass for success
        outcomes.put(Outcome(job.scenario, job.name, violations=(f"{job.name}: {error}",)))
    finally:
        outcomes.put(None)


def _take(outcomes: "queue.SimpleQueue[Outcome | None]", jobs: int) -> Iterator[Outcome]:
    """Yields outcomes until all jobs have ended."""
    while jobs:
        outcome = outcomes.get()
        if outcome is None:
            jobs -= 1
        else:
            yield outcome


if __name__ == "__main__":
    sys.exit(main())
