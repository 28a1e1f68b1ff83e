"""Kills a process that teaches a profile, again and again, and checks what it acknowledged.

Run as a program: FOLDER ROUNDS. It prints, as JSON, how many changes were acknowledged, how many
kills met one that was not yet, and what is wrong. It forks, so that a start costs no imports.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from mien.personalization.store import Profiles
from tests.personalization.people import MODEL, make_correction

_MAX_DELAY = 0.02  # seconds from the last change that is waited for to the kill
_ROUNDS_PER_PROFILE = 20  # so that learning stays short


def teach_until_killed(folder: Path, name: str, first: int, pipe: int) -> None:
    """Teaches one face after the other, and undoes every fifth; acknowledges each in the pipe."""
    profiles = Profiles.open(folder)
    for seed in range(first, first + 10**6):
        profiles.teach(name, [make_correction(seed)])
        os.write(pipe, f"+{seed}\n".encode())
        if seed % 5 == 4:
            profiles.undo(name)
            os.write(pipe, b"-\n")


def run_and_kill(work: Callable[[int], None]) -> list[str]:
    """Returns what a child acknowledged before it was killed, after a few changes."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reads)
        work(writes)
    os.close(writes)
    with os.fdopen(reads) as pipe:
        changes = [pipe.readline() for _ in range(random.randint(0, 4))]
        time.sleep(random.uniform(0, _MAX_DELAY))
        os.kill(child, signal.SIGKILL)
        changes += pipe.readlines()
    os.waitpid(child, 0)
    return [change.strip() for change in changes]


def apply(faces: list[int], changes: list[str]) -> list[int]:
    """The faces of a profile after changes."""
    for change in changes:
        faces = faces[:-1] if change == "-" else [*faces, int(change)]
    return faces


def next_change(changes: list[str], first: int) -> str:
    """What the child was about to acknowledge."""
    last = next((int(change) for change in reversed(changes) if change != "-"), first - 1)
    return "-" if changes and changes[-1] != "-" and last % 5 == 4 else f"+{last + 1}"


def inspect(folder: Path, name: str) -> tuple[list[int], str]:
    """The faces of a profile, by `face_key`, and what is wrong with it."""
    profiles = Profiles.open(folder)
    stored, profile = profiles.corrections(name), profiles.get(name)
    (check,) = profiles.database.rows("PRAGMA quick_check")
    adapter = profiles.adapter(name, MODEL)
    samples = 0 if profile.version is None or not stored else profile.version.figures.samples
    profiles.close()
    whole = len(stored) == len(profile.members) == samples and (adapter is None) == (not stored)
    wrong = "" if whole and check[0] == "ok" else f"half learned: {profile}"
    return [int(row.correction.embedding.view("<u4")[0]) for row in stored], wrong


def face_key(seed: int) -> int:
    """What tells a face from all others."""
    return int(make_correction(seed).embedding.view("<u4")[0])


def main(folder: Path, rounds: int) -> dict[str, object]:
    """Runs all rounds."""
    random.seed(0)
    faces: list[int] = []
    name, first, acknowledged, unfinished = "", 0, 0, 0
    for number in range(rounds):
        if number % _ROUNDS_PER_PROFILE == 0:
            name, faces = f"profile {number}", []
            profiles = Profiles.open(folder)
            profiles.create(name)
            profiles.close()
        changes = run_and_kill(partial(teach_until_killed, folder, name, first))
        acknowledged += len(changes)
        expected = apply(faces, changes)
        one_more = apply(faces, [*changes, next_change(changes, first)])
        found, wrong = inspect(folder, name)
        seeds = {face_key(seed): seed for seed in one_more + expected}
        faces = [seeds.get(key, -1) for key in found]
        if wrong or faces not in (expected, one_more):
            return {"round": number, "wrong": wrong or f"{expected} became {faces}"}
        unfinished += faces == one_more
        first += len(changes) + 2
    return {"acknowledged": acknowledged, "unfinished": unfinished, "wrong": ""}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))))
