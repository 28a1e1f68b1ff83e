"""Formats whose targets fail on purpose, for workers that import this table by its name."""

import ctypes
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
from reliability.fuzz.case import FailureError, Kind
from reliability.fuzz.formats import Format
from reliability.fuzz.mutations.raw import mutate_raw
from reliability.fuzz.seeds import Seeds
from reliability.fuzz.seeds.videos import ADDRESS

from mien.errors import MienError

SEED = bytes(range(64)) * 4
BAD = b"\xf0"
"""A byte that no seed has: targets fail where an input holds it."""


def seeds() -> Seeds:
    return {"plain.bin": SEED}


def add_bad_byte(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + BAD + data[at:]


def answer(path: Path) -> None:
    path.read_bytes()


def refuse(path: Path) -> None:
    raise MienError("not what it should be", subject=path)


def fail(path: Path) -> None:
    if BAD in path.read_bytes():
        raise ValueError("a bad byte")


def fail_in_thread(path: Path) -> None:
    thread = threading.Thread(target=fail, args=(path,))
    thread.start()
    thread.join()


def hang(path: Path) -> None:
    while BAD in path.read_bytes():
        time.sleep(0.01)


def swell(path: Path) -> None:
    if BAD in path.read_bytes():
        np.ones(1_200 * 2**20, np.uint8)


def hide_lack_of_memory(path: Path) -> None:
    try:
        np.ones(2**42, np.uint8)
    except MemoryError:
        raise MienError("damaged", subject=path) from None


def die(path: Path) -> None:
    if BAD in path.read_bytes():
        ctypes.string_at(0)


def connect(path: Path) -> None:
    if BAD in path.read_bytes():
        raise FailureError(Kind.CONNECTION, ADDRESS)


FORMATS = {
    target.__name__.replace("_", "-"): Format(seeds, (mutate_raw, add_bad_byte), target, 1)
    for target in (
        *(answer, refuse, fail, fail_in_thread, hang, swell, hide_lack_of_memory, die, connect),
    )
}
