"""A disk that fails to read, write or flush, met by every command.

A small library (`faults.c`) is preloaded into the command. Writes that the C library makes by
itself, as `fwrite` does, pass by it; `full_disk.py` has a real file system.
"""

import errno
import random
import shutil
import subprocess
from functools import partial
from pathlib import Path

from reliability.crash.case import Case, Whole
from reliability.crash.inputs import Inputs
from reliability.crash.interruptions import Fault, Interruption
from reliability.crash.plan import Job, plan_each

_SOURCE = Path(__file__).with_name("faults.c")
_CALLS = {"write": (errno.ENOSPC, errno.EIO), "read": (errno.EIO,), "sync": (errno.EIO,)}
_MOST_CALLS = 60  # that succeed before the disk fails


def build_library(folder: Path) -> Path | None:
    """Compiles the library; None where there is no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return None
    library = folder / "faults.so"
    folder.mkdir(parents=True, exist_ok=True)
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(_SOURCE), "-ldl"]
    done = subprocess.run(command, capture_output=True, check=False)
    return library if done.returncode == 0 else None


def plan_faults(
    row: str, inputs: Inputs, root: Path, each: int, seed: int, skipped: list[str]
) -> list[Job]:
    """Returns jobs that have each command meet a failing disk `each` times.

    Args:
        row: of the table.
        inputs: of the commands.
        root: the folder to work in.
        each: how often.
        seed: of what is drawn.
        skipped: gets what cannot be done here, and why.
    """
    library = build_library(root)
    if library is None:
        skipped.append(f"{row}: no C compiler builds the preloaded library")
        return []
    return plan_each(row, inputs, root, each, partial(_draw, library), seed)


def _draw(library: Path, rng: random.Random, _: Case, whole: Whole) -> Interruption:
    """Draws which calls fail, from when on, and how; only the command's own files are met."""
    calls = rng.choice(list(_CALLS))
    values = {
        "LD_PRELOAD": str(library),
        "MIEN_FAULT_UNDER": str(whole.place.path.parent / whole.place.path.name.split(" whole")[0]),
        "MIEN_FAULT_CALLS": calls,
        "MIEN_FAULT_AFTER": str(int(_MOST_CALLS ** rng.random()) - 1),
        "MIEN_FAULT_ERRNO": str(rng.choice(_CALLS[calls])),
    }
    return Fault(values)
