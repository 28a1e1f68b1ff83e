"""The crash harness: it passes Mien in a handful of kills, and finds what is planted."""

import random
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from reliability.crash.case import Case, Check, Whole, disturb, no_check
from reliability.crash.faults import build_library
from reliability.crash.inputs import Inputs
from reliability.crash.interruptions import Interruption, Kill, Moment, Stop
from reliability.crash.outcome import Outcome
from reliability.crash.place import Place
from reliability.crash.plan import SHARES, make_cases, plan_kills
from reliability.crash.recording import Recorder
from reliability.crash.studio import Acknowledged, kill_server
from reliability.crash.teaching import Teacher

SOUND = """
import os, pathlib, time
beside = pathlib.Path(".out.txt.new")
beside.write_text("whole")
time.sleep(0.3)
os.replace(beside, "out.txt")
print("acknowledged", flush=True)
time.sleep(0.3)
"""
HALF = """
import time
with open("out.txt", "w") as file:
    file.write("half")
    file.flush()
    time.sleep(0.3)
    file.write(" and whole")
time.sleep(0.3)
"""
EARLY = """
import pathlib, time
print("acknowledged", flush=True)
pathlib.Path("mark").touch()
time.sleep(0.3)
pathlib.Path("out.txt").write_text("whole")
"""
TWICE = """
import time
with open("out.txt", "a") as file:
    file.write("a row\\n")
time.sleep(0.3)
"""
STUBBORN = """
import pathlib, sys, time
mark = pathlib.Path("mark")
if mark.exists():
    sys.exit("mark is there")
mark.touch()
time.sleep(0.3)
pathlib.Path("out.txt").write_text("whole")
"""
LITTERING = """
import os, pathlib, time
pathlib.Path(f".scratch-{os.getpid()}").touch()
time.sleep(0.3)
pathlib.Path(f".scratch-{os.getpid()}").unlink()
pathlib.Path("out.txt").write_text("whole")
"""


def fake(code: str, check: Check = no_check) -> Case:
    """A case whose command is a script."""
    return Case(
        scenario="fake",
        name="fake",
        command=lambda _: [sys.executable, "-c", textwrap.dedent(code)],
        prepare=lambda _: None,
        outputs=("out.txt",),
        check=check,
        kills=1,
    )


def kill_at_a_write(_: random.Random, _case: Case, _whole: Whole) -> Interruption:
    return Kill(Moment(0.05, writes=1))


def acknowledged_is_stored(place: Place, _whole: Place, _ended: bool) -> list[str]:
    lost = "acknowledged" in place.printed and not (place.work / "out.txt").exists()
    return ["what was acknowledged is lost"] if lost else []


def violations_of(case: Case, folder: Path) -> str:
    outcomes = list(disturb(case, 1, kill_at_a_write, folder, random.Random(0)))
    assert sum(outcome.struck for outcome in outcomes) == 1
    return "\n".join(it for outcome in outcomes for it in outcome.violations)


def test_a_command_that_writes_by_replacement_passes(tmp_path: Path) -> None:
    assert violations_of(fake(SOUND, acknowledged_is_stored), tmp_path) == ""


@pytest.mark.parametrize(
    ("code", "check", "message"),
    [
        (HALF, no_check, "out.txt differs from that of the undisturbed run"),
        (EARLY, acknowledged_is_stored, "what was acknowledged is lost"),
        (TWICE, no_check, "out.txt differs from that of the undisturbed run"),
        (STUBBORN, no_check, "does not start again, status 1: mark is there"),
        (LITTERING, no_check, "scratch is left: work/.scratch-"),
    ],
)
def test_a_planted_fault_is_found(code: str, check: Check, message: str, tmp_path: Path) -> None:
    assert message in violations_of(fake(code, check), tmp_path)


def test_a_traceback_after_ctrl_c_is_found(tmp_path: Path) -> None:
    def draw_ctrl_c(_: random.Random, _case: Case, _whole: Whole) -> Interruption:
        return Stop(Moment(0.0, writes=1), signal.SIGINT)

    script = tmp_path / "mien" / "fake.py"
    script.parent.mkdir()
    script.write_text(f"import signal\nsignal.signal(2, signal.default_int_handler)\n{SOUND}")
    case = replace(fake(SOUND), command=lambda _: [sys.executable, str(script)])
    outcomes = list(disturb(case, 1, draw_ctrl_c, tmp_path, random.Random(0)))
    assert "a traceback on standard error: KeyboardInterrupt" in outcomes[0].violations[0]


def test_what_is_lost_unknown_or_twice_is_told() -> None:
    frames = Acknowledged({1, 2, 3}, {4})
    assert frames.compare([1, 2, 3, 4], "frames") == []
    assert frames.compare([1, 2, 4, 4, 9], "frames") == [
        "1 acknowledged frames are lost: [3]",
        "1 frames were never sent: [9]",
        "1 frames are there twice",
    ]


def test_a_thousand_kills_are_shared_out_the_same_way_each_time(tmp_path: Path) -> None:
    inputs = Inputs(tmp_path)
    jobs, again = (plan_kills(inputs, tmp_path, 1000, seed=5) for _ in range(2))
    assert [(job.name, job.count) for job in jobs] == [(job.name, job.count) for job in again]
    counts = {name: sum(it.count for it in jobs if it.scenario == name) for name in SHARES}
    assert sum(counts.values()) == 1000
    assert min(counts.values()) >= 20


@pytest.fixture
def preloaded(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Runs Python code with the preloaded library and returns what it prints."""
    library = build_library(tmp_path / "library")
    if library is None:
        pytest.skip("no C compiler")

    def run(code: str, **environment: object) -> str:
        values = {f"MIEN_FAULT_{name}": str(value) for name, value in environment.items()}
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            env={"LD_PRELOAD": str(library), **values},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    yield run
    shutil.rmtree(tmp_path / "library")


def test_a_disk_fails_after_some_writes(preloaded: Callable[..., str], tmp_path: Path) -> None:
    code = f"""
    import os
    file = os.open({str(tmp_path / "file")!r}, os.O_CREAT | os.O_WRONLY)
    for number in range(3):
        try:
            print(os.write(file, b"x"))
        except OSError as error:
            print(error.strerror)
    """
    printed = preloaded(code, UNDER=tmp_path, CALLS="write", AFTER=1, ERRNO=28)
    assert printed.splitlines() == ["1", "No space left on device", "No space left on device"]


def test_the_wall_clock_jumps_alone(preloaded: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "offset").write_text("0")
    code = f"""
    import time
    wall, monotonic = time.time(), time.monotonic()
    open({str(tmp_path / "offset")!r}, "w").write("86400")
    print(time.time() - wall > 86399, time.monotonic() - monotonic < 3600)
    """
    assert preloaded(code, CLOCK=tmp_path / "offset") == "True True\n"


@pytest.mark.slow
def test_commands_survive_a_handful_of_kills(tmp_path: Path) -> None:
    inputs = Inputs.make(tmp_path / "inputs")
    for case in make_cases(inputs):
        if case.name in ("study plan", "profile teach of 8 faces"):
            check_clean(list(disturb(case, 2, kill_at_a_write, tmp_path, random.Random(0))), 2)


@pytest.mark.slow
@pytest.mark.parametrize("client", [Recorder(random.Random(0)), Teacher()], ids=lambda it: it.name)
def test_a_server_survives_two_kills(client: Recorder | Teacher, tmp_path: Path) -> None:
    check_clean(list(kill_server(client, 2, tmp_path, random.Random(1))), 2)


def check_clean(outcomes: list[Outcome], kills: int) -> None:
    """As many kills, none of which broke a promise, and all of which were resumed."""
    assert [it for outcome in outcomes for it in outcome.violations] == []
    assert sum(outcome.struck for outcome in outcomes) == kills
    assert sum(outcome.resumed for outcome in outcomes) == kills
