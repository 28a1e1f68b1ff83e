"""Kills what teaches a profile, again and again, and looks for what it acknowledged.

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
from tests.personalization.people import MODEL, correction

_LONGEST = 0.02  # seconds from the last change that is waited for to the kill
_PROFILE = 20  # rounds that one profile serves, so that its lessons stay short


def teach_until_killed(folder: Path, name: str, first: int, tell: int) -> None:
    """Teaches one face after the other, and takes back every fifth; tells each once it is kept."""
    profiles = Profiles.open(folder)
    for seed in range(first, first + 10**6):
        profiles.teach(name, [correction(seed)])
        os.write(tell, f"+{seed}\n".encode())
        if seed % 5 == 4:
            profiles.undo(name)
            os.write(tell, b"-\n")


def run_and_kill(work: Callable[[int], None]) -> list[str]:
    """Returns what a child told before it was killed, some changes on and at any moment."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reads)
        work(writes)
    os.close(writes)
    with os.fdopen(reads) as pipe:
        told = [pipe.readline() for _ in range(random.randint(0, 4))]
        time.sleep(random.uniform(0, _LONGEST))
        os.kill(child, signal.SIGKILL)
        told += pipe.readlines()
    os.waitpid(child, 0)
    return [line.strip() for line in told]


def apply(faces: list[int], told: list[str]) -> list[int]:
    """The faces that a profile holds after what was told."""
    for change in told:
        faces = faces[:-1] if change == "-" else [*faces, int(change)]
    return faces


def next_change(told: list[str], first: int) -> str:
    """What the child was about to tell."""
    last = next((int(one) for one in reversed(told) if one != "-"), first - 1)
    return "-" if told and told[-1] != "-" and last % 5 == 4 else f"+{last + 1}"


def look(folder: Path, name: str) -> tuple[list[int], str]:
    """What a profile holds, by the seeds of its faces, and what is wrong with it."""
    profiles = Profiles.open(folder)
    kept, profile = profiles.corrections(name), profiles.get(name)
    (sound,) = profiles.database.rows("PRAGMA quick_check")
    adapter = profiles.adapter(name, MODEL)
    samples = 0 if profile.version is None or not kept else profile.version.figures.samples
    profiles.close()
    whole = len(kept) == len(profile.members) == samples and (adapter is None) == (not kept)
    wrong = "" if whole and sound[0] == "ok" else f"half learned: {profile}"
    return [int(one.correction.embedding.view("<u4")[0]) for one in kept], wrong


def main(folder: Path, rounds: int) -> dict[str, object]:
    """Runs all rounds."""
    random.seed(0)
    faces: list[int] = []
    name, first, acknowledged, unfinished = "", 0, 0, 0
    for number in range(rounds):
        if number % _PROFILE == 0:
            name, faces = f"profile {number}", []
            profiles = Profiles.open(folder)
            profiles.create(name)
            profiles.close()
        told = run_and_kill(partial(teach_until_killed, folder, name, first))
        acknowledged += len(told)
        expected, more = apply(faces, told), apply(faces, [*told, next_change(told, first)])
        found, wrong = look(folder, name)
        keys = {key(seed): seed for seed in more + expected}
        faces = [keys.get(one, -1) for one in found]
        if wrong or faces not in (expected, more):
            return {"round": number, "wrong": wrong or f"{expected} became {faces}"}
        unfinished += faces == more
        first += len(told) + 2
    return {"acknowledged": acknowledged, "unfinished": unfinished, "wrong": ""}


def key(seed: int) -> int:
    """What a face is told by."""
    return int(correction(seed).embedding.view("<u4")[0])


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))))
