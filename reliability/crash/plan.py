"""Which scenario is disturbed how often, and how: drawn from a seed."""

import random
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from reliability.crash import batch, models, profiles, tables
from reliability.crash.case import Case, Draw, Whole, disturb
from reliability.crash.inputs import Inputs
from reliability.crash.interruptions import Interruption, Kill, Moment, Stop, Target
from reliability.crash.outcome import Outcome
from reliability.crash.recording import Downloader, Recorder
from reliability.crash.studio import kill_server
from reliability.crash.teaching import Teacher

SHARES = {
    "recording": 250,
    "teaching": 240,
    "batch": 170,
    "training": 40,
    "tuning": 25,
    "study": 155,
    "export": 120,
}
"""Kills of each scenario, of 1,000: cheap ones more often."""

_COSTLY = {"export of a model": 0.3, "predict --records": 0.5}
"""Parts of commands that take seconds, compared with the others of their scenario."""


@dataclass(frozen=True)
class Job:
    """Disturbances of one command or server, one after the other.

    Attributes:
        scenario: the row of the table.
        name: of the command.
        count: how many disturbances.
        run: gives an outcome after each.
    """

    scenario: str
    name: str
    count: int
    run: Callable[[], Iterator[Outcome]]


def make_cases(inputs: Inputs) -> list[Case]:
    """Returns all commands that are disturbed."""
    parts = (batch, models, profiles, tables)
    return [case for part in parts for case in part.make_cases(inputs)]


def plan_kills(
    inputs: Inputs, root: Path, kills: int, seed: int, only: Sequence[str] = ()
) -> list[Job]:
    """Returns the jobs of `kills` kills, shared out by `SHARES` among the scenarios of `only`.

    Args:
        inputs: of all scenarios.
        root: the folder to work in.
        kills: how many in all.
        seed: of all that is random.
        only: scenarios; all, if it is empty.
    """
    shares = {name: float(SHARES[name]) for name in SHARES if not only or name in only}
    return [
        job
        for scenario, wanted in _apportion(kills, shares).items()
        for job in _share_out(inputs, root, scenario, wanted, seed)
    ]


def _share_out(inputs: Inputs, root: Path, scenario: str, wanted: int, seed: int) -> list[Job]:
    cases = {case.name: case for case in make_cases(inputs) if case.scenario == scenario}
    clients = [it for it in _make_clients(seed) if it.scenario == scenario]
    weights = {name: _COSTLY.get(name, 1.0) for name in cases}
    # A client of a server does many things between two kills.
    weights |= {client.name: 1.0 * max(1, len(cases) / 2) for client in clients}
    counts = _apportion(wanted, weights)
    jobs = []
    for name, case in cases.items():
        rng = random.Random(f"{seed} {name}")
        run = partial(disturb, case, counts[name], draw_kill, root, rng)
        jobs.append(Job(scenario, name, counts[name], run))
    for client in clients:
        rng = random.Random(f"{seed} {client.name}")
        run = partial(kill_server, client, counts[client.name], root, rng)
        jobs.append(Job(scenario, client.name, counts[client.name], run))
    return [job for job in jobs if job.count]


def _make_clients(seed: int) -> list[Recorder | Teacher]:
    rng = random.Random(f"{seed} clients")
    return [Recorder(rng), Downloader(random.Random(rng.random())), Teacher()]


def _apportion(wanted: int, weights: dict[str, float]) -> dict[str, int]:
    """Returns whole counts of that sum, in proportion to the weights."""
    left, weight, counts = wanted, sum(weights.values()), {}
    for name, its_weight in weights.items():
        counts[name] = round(left * its_weight / weight)
        left, weight = left - counts[name], weight - its_weight
    return counts


def draw_kill(rng: random.Random, case: Case, whole: Whole) -> Interruption:
    """Draws a kill: of the group mostly, of the command alone, or of a worker alone."""
    targets: list[Target] = ["group", "group", "command"]
    if case.workers:
        targets += ["worker", "worker"]
    return Kill(Moment.draw(rng, whole.seconds), rng.choice(targets))


def draw_stop(rng: random.Random, _: Case, whole: Whole) -> Interruption:
    """Draws a SIGTERM or a Ctrl-C."""
    number = rng.choice((signal.SIGTERM, signal.SIGINT))
    return Stop(Moment.draw(rng, whole.seconds), number)


def plan_each(
    row: str, inputs: Inputs, root: Path, each: int, draw: Draw, seed: int, only: Sequence[str] = ()
) -> list[Job]:
    """Returns jobs that disturb each command `each` times in the same way; they count for `row`."""
    jobs = []
    for case in make_cases(inputs):
        if not only or case.scenario in only:
            rng = random.Random(f"{seed} {row} {case.name}")
            run = partial(_count_for, row, disturb(case, each, draw, root / row, rng))
            jobs.append(Job(row, case.name, each, run))
    return jobs


def _count_for(row: str, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    for outcome in outcomes:
        yield Outcome(row, outcome.name, outcome.struck, outcome.resumed, outcome.violations)
