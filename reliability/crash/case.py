"""One command that is disturbed and started again until it ends, and the checks of its outputs."""

import itertools
import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reliability.crash.interruptions import Interruption
from reliability.crash.outcome import Outcome
from reliability.crash.place import Place, compare_files
from reliability.crash.processes import Running

EARLIER = b"what stood here before"

_ENDLESS = 30  # disturbances that meet a command which has ended, until the plan is given up


@dataclass(frozen=True)
class Whole:
    """The undisturbed run: its folders, and the seconds that it took."""

    place: Place
    seconds: float


Check = Callable[[Place, Place, bool], list[str]]
"""Returns what is wrong with a place, given that of the undisturbed run, and whether the command
has ended by itself."""


def no_check(_place: Place, _whole: Place, _ended: bool) -> list[str]:
    """Finds nothing wrong."""
    return []


@dataclass(frozen=True)
class Case:
    """A command and what it promises.

    Attributes:
        scenario: the row of the table that it counts for.
        name: what it is called in messages.
        command: returns the command line, given what stands in its folders.
        prepare: fills the folders before the first start.
        outputs: files and folders that equal those of the undisturbed run at the end.
        half: those of the outputs that are written step by step; all others are whole whenever
            they are there.
        earlier: outputs that stand there before the first start, and are to be replaced.
        check: further checks.
        refusal: an error by which a command that is given again says that all is done; empty if it
            does it again.
        workers: whether it has workers that may be killed alone.
        kills: how often one run of it is disturbed at most.
    """

    scenario: str
    name: str
    command: Callable[[Place], list[str]]
    prepare: Callable[[Place], None]
    outputs: tuple[str, ...]
    half: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    check: Check = no_check
    refusal: str = ""
    workers: bool = False
    kills: int = 4

    def make(self, path: Path) -> Place:
        """Makes the folders of a new run."""
        place = Place(path).make()
        self.prepare(place)
        for name in self.earlier:
            (place.work / name).write_bytes(EARLIER)
        return place

    def start(self, place: Place, interruption: Interruption | None = None) -> Running:
        """Starts the command in a place."""
        more = interruption.environment if interruption else {}
        environment = place.environment | dict(more)
        return Running(self.command(place), place.work, environment, place.next_log())

    def is_done(self, running: Running, status: int | None) -> bool:
        """Whether a command that has ended has nothing left to do."""
        refused = bool(self.refusal) and status == 1 and self.refusal in running.errors
        return status == 0 or refused

    def judge(self, place: Place, whole: Place, ended: bool) -> list[str]:
        """Returns what is wrong with the outputs, and with scratch if the command has ended."""
        names = [name for name in self.outputs if ended or name not in self.half]
        if not ended:
            names = [name for name in names if not _is_earlier(place.work / name)]
        wrong = compare_files(place.work, whole.work, names, ended)
        wrong += self.check(place, whole, ended)
        if ended:
            known = set(whole.left_over())
            wrong += [f"scratch is left: {it}" for it in place.left_over() if it not in known]
        return wrong

    def run_whole(self, root: Path) -> Whole:
        """Runs the command undisturbed.

        Raises:
            RuntimeError: it fails, so there is nothing to compare with.
        """
        place = self.make(root / f"{self.name} whole")
        started = time.monotonic()
        running = self.start(place)
        if running.wait() != 0:
            raise RuntimeError(f"{self.name} fails undisturbed: {running.errors[-500:]}")
        return Whole(place, time.monotonic() - started)


Draw = Callable[[random.Random, Case, Whole], Interruption]
"""Draws what happens next to a case."""


def disturb(
    case: Case, count: int, draw: Draw, root: Path, rng: random.Random
) -> Iterator[Outcome]:
    """Disturbs a case `count` times; gives an outcome after each time, and at each run's end."""
    whole, numbers = case.run_whole(root), itertools.count()
    struck = missed = 0
    while struck < count and missed < _ENDLESS:
        place = case.make(root / f"{case.name} {next(numbers)}")
        in_this, ended, wrong = 0, False, False
        while not ended and in_this < min(case.kills, count - struck + in_this):
            outcome, ended = _strike_once(case, draw(rng, case, whole), place, whole)
            in_this += outcome.struck
            struck, missed = struck + outcome.struck, missed + 1 if not outcome.struck else 0
            wrong = wrong or bool(outcome.violations)
            yield outcome
        if not ended:
            last = _finish(case, place, whole)
            wrong = wrong or bool(last.violations)
            yield last
        yield Outcome(case.scenario, case.name, resumed=0 if wrong else in_this)
        if not wrong:
            place.remove()  # what is wrong is kept, to be looked at
    shutil.rmtree(whole.place.path, ignore_errors=True)


def _strike_once(
    case: Case, interruption: Interruption, place: Place, whole: Whole
) -> tuple[Outcome, bool]:
    """Returns the outcome, and whether the command has ended by itself."""
    running = case.start(place, interruption)
    struck = interruption.strike(running, place)
    status = running.wait()
    wrong = interruption.judge(running, status) if struck else []
    if status is None:
        running.destroy()
    ended = case.is_done(running, status)
    if not ended and not struck:
        wrong.append(f"ended with status {status}: {running.errors[-300:]}")
    wrong += case.judge(place, whole.place, ended)
    return Outcome(case.scenario, case.name, struck, violations=_named(case, place, wrong)), ended


def _finish(case: Case, place: Place, whole: Whole) -> Outcome:
    """Lets the command run to its end."""
    running = case.start(place)
    status = running.wait()
    if status is None:
        running.destroy()
    ended = case.is_done(running, status)
    wrong = [] if ended else [f"does not start again, status {status}: {running.errors[-300:]}"]
    wrong += case.judge(place, whole.place, ended)
    return Outcome(case.scenario, case.name, violations=_named(case, place, wrong))


def _is_earlier(path: Path) -> bool:
    return path.is_file() and path.read_bytes() == EARLIER


def _named(case: Case, place: Place, wrong: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{case.name} ({place.path.name}): {it}" for it in wrong)
