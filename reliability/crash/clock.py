"""A wall clock that jumps while a server records: by an hour, a day, a year, back and forth."""

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from reliability.crash.faults import build_library
from reliability.crash.outcome import Outcome
from reliability.crash.place import Place
from reliability.crash.plan import Job
from reliability.crash.recording import Recorder
from reliability.crash.studio import ServerGoneError, Studio, start, stop_server, wait_for

_HOUR, _DAY = 3600, 86400
_JUMPS = (_HOUR, -_HOUR, 3 * _DAY, -3 * _DAY, 366 * _DAY, -366 * _DAY, 0)
"""Seconds by which the clock is off, one after the other; days are more than sessions are kept."""

_ACTIONS = 8  # after each jump
_KEEP_DAYS = 1


def plan_jumps(row: str, root: Path, seed: int, skipped: list[str]) -> list[Job]:
    """Returns the job of a recording whose clock jumps.

    Args:
        row: of the table.
        root: the folder to work in.
        seed: of what the client does.
        skipped: gets what cannot be done here, and why.
    """
    library = build_library(root)
    if library is None:
        skipped.append(f"{row}: no C compiler builds the preloaded library")
        return []
    run = partial(_jump, row, root / row, library, Recorder(random.Random(f"{seed} {row}")))
    return [Job(row, "recording", len(_JUMPS), run)]


def _jump(row: str, root: Path, library: Path, client: Recorder) -> Iterator[Outcome]:
    """After each jump all goes on: nothing is refused, lost, interrupted or deleted."""
    place = Place(root).make()
    offset = place.path / "offset"
    offset.write_text("0")
    environment = {"LD_PRELOAD": str(library), "MIEN_FAULT_CLOCK": str(offset)}
    running = start(place, "--keep-days", _KEEP_DAYS, environment=environment)
    studio = wait_for(place, running)
    if studio is None:
        yield Outcome(row, client.name, violations=(running.errors[-300:],))
        return
    for seconds in _JUMPS:
        offset.write_text(str(seconds))
        wrong = _go_on(client, studio)
        named = tuple(f"clock off by {seconds} s: {it}" for it in wrong)
        yield Outcome(row, client.name, True, int(not wrong), named)
    yield Outcome(row, client.name, violations=tuple(stop_server(running)))
    place.remove()


def _go_on(client: Recorder, studio: Studio) -> list[str]:
    try:
        for _ in range(_ACTIONS):
            client.act(studio)
        return client.verify(studio)
    except (ServerGoneError, ValueError) as error:
        return [f"{type(error).__name__}: {error}"]
