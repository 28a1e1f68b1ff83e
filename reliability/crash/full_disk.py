"""A disk that is full: a real file system of a few megabytes, which root may mount."""

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from reliability.crash.case import Case, Whole
from reliability.crash.inputs import Inputs
from reliability.crash.interruptions import Fault
from reliability.crash.outcome import Outcome
from reliability.crash.place import Place
from reliability.crash.plan import Job, make_cases
from reliability.crash.recording import Recorder
from reliability.crash.studio import Studio, scratch_of, start, stop_server, wait_for

_ROOMY, _SMALL = 256 * 2**20, 2**20
_ACTIONS = 400  # of a recording, until its disk must have been full
_REFUSALS = 3  # that are met before there is room again
_COSTLY = ("train", "tune", "export of a model")


def plan_full_disks(
    row: str, inputs: Inputs, root: Path, each: int, seed: int, skipped: list[str]
) -> list[Job]:
    """Returns jobs in which each quick command, and a recording, meet a full disk."""
    if not _may_mount(root):
        skipped.append(f"{row}: no file system may be mounted here; root may")
        return []
    jobs = []
    for case in make_cases(inputs):
        if case.name not in _COSTLY:
            rng = random.Random(f"{seed} {row} {case.name}")
            run = partial(_fill_case, row, case, each, root / row, rng)
            jobs.append(Job(row, case.name, each, run))
    client = Recorder(random.Random(f"{seed} {row}"))
    jobs.append(Job(row, client.name, 1, partial(_fill_server, row, client, root / row)))
    return jobs


def _may_mount(root: Path) -> bool:
    try:
        with small_disk(root / "probe", _ROOMY):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """Mounts a file system of so many bytes for the block.

    Raises:
        OSError: there is no `mount`.
        subprocess.CalledProcessError: this user may not mount.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _call("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        _call("umount", str(folder))


def resize(folder: Path, size: int) -> None:
    """Gives a mounted file system another size in bytes."""
    _call("mount", "-o", f"remount,size={size}", str(folder))


def _call(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _used(folder: Path) -> int:
    status = os.statvfs(folder)
    return (status.f_blocks - status.f_bfree) * status.f_frsize


def _fill_case(
    row: str, case: Case, each: int, root: Path, rng: random.Random
) -> Iterator[Outcome]:
    """Runs a command on a disk that has room for a part of what it writes, then with enough."""
    whole = case.run_whole(root)
    needed = sum(path.stat().st_size for path in whole.place.path.rglob("*") if path.is_file())
    for number in range(each):
        path = root / f"{case.name} {number}"
        path.mkdir(parents=True, exist_ok=True)
        with small_disk(path, _ROOMY):
            yield _meet(row, case, path / "on it", whole, int(needed * rng.random()))
        path.rmdir()
    shutil.rmtree(whole.place.path, ignore_errors=True)


def _meet(row: str, case: Case, path: Path, whole: Whole, room: int) -> Outcome:
    place = case.make(path)
    _print_elsewhere(place)
    resize(path.parent, _used(path.parent) + 4096 + room)
    fault = Fault({})
    running = case.start(place)
    struck = fault.strike(running, place)
    wrong = fault.judge(running, running.status) if struck else []
    done = case.is_done(running, running.status)
    resize(path.parent, _ROOMY)  # first: SQLite needs a little room even to read
    wrong += case.judge(place, whole.place, done)
    if not done:
        again = case.start(place)
        status = again.wait()
        if not case.is_done(again, status):
            wrong.append(f"does not start again, status {status}: {again.errors[-300:]}")
        wrong += case.judge(place, whole.place, case.is_done(again, status))
    named = tuple(f"{case.name}, {room} bytes of room: {it}" for it in wrong)
    return Outcome(row, case.name, struck, int(struck and not wrong), named)


def _print_elsewhere(place: Place) -> None:
    """Has a command print to a disk with room, as a terminal would."""
    logs = place.path / "logs"
    elsewhere = place.path.parent.with_name(f"{place.path.parent.name} logs")
    elsewhere.mkdir(exist_ok=True)
    logs.rmdir()
    logs.symlink_to(elsewhere)


def _fill_server(row: str, client: Recorder, root: Path) -> Iterator[Outcome]:
    """Records until nothing can be stored; frees room; records on; starts again."""
    with small_disk(root / "studio", _SMALL) as folder:
        place = Place(folder / "on it").make()
        running = start(place)
        studio = wait_for(place, running)
        if studio is None:
            yield Outcome(row, client.name, violations=(running.errors[-300:],))
            return
        wrong, refused = _act_until_full(client, studio)
        wrong += client.verify(studio)
        resize(folder, _ROOMY)
        for _ in range(20):
            client.act(studio)
        wrong += stop_server(running)
        running = start(place)
        studio = wait_for(place, running)
        wrong += [f"scratch is left: {it}" for it in scratch_of(place)]
        wrong += client.verify(studio) if studio else ["the server does not start again"]
        wrong += stop_server(running)
        yield Outcome(row, client.name, refused, int(refused and not wrong), tuple(wrong))


def _act_until_full(client: Recorder, studio: Studio) -> tuple[list[str], bool]:
    """Returns what is wrong, and whether the disk was full."""
    refusals = 0
    for _ in range(_ACTIONS):
        try:
            client.act(studio)
        except ValueError as error:
            if " 507: " not in str(error):
                return [str(error)], False
            refusals += 1
        if refusals == _REFUSALS:
            return [], True
    return [], False
