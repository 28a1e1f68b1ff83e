"""The same targets with atheris, which keeps inputs that reach code no other reached.

atheris is not among the dependencies: install it beside Mien's with `pip install atheris`. It sees
the coverage of Python alone, so it helps where Mien itself parses; the decoders of images and
videos are C. Each seed file's format runs in a process of its own, for an equal share of the time.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

GUIDED = (
    *("records", "card", "prior", "recipe", "space", "profile", "list", "photos", "people"),
    *("study", "events-csv", "events-boris", "events-boris-table", "events-elan"),
    *("events-datavyu", "events-datavyu-opf", "events-psychopy", "events-psychopy-log"),
    *("events-eprime", "events-webvtt", "events-srt", "events-bids"),
)
"""The formats that are parsed by Python."""

_LONGEST = 2**16  # bytes of an input


def run_guided(only: Sequence[str], seconds: float) -> int:
    """Runs formats one after the other; returns 1 if any input failed.

    Args:
        only: names of formats; empty for all of `GUIDED`.
        seconds: for all together.
    """
    names = only or GUIDED
    ended = [_run_one(name, seconds / len(names)) for name in names]
    return int(any(ended))


def _run_one(name: str, seconds: float) -> bool:
    with TemporaryDirectory(prefix="mien-guided-") as folder:
        command = [sys.executable, "-m", "reliability.fuzz.guided", name, f"{seconds:.0f}", folder]
        ended = subprocess.run(command, check=False, capture_output=True, text=True)
        found = Path(folder, "found")
        failures = found.read_text(encoding="utf-8") if found.exists() else ""
    # libFuzzer tells on its last lines how many inputs it ran, and how much they covered.
    status = [line for line in ended.stderr.splitlines() if " cov: " in line]
    print(f"{name}: {status[-1].strip() if status else ended.stderr[-500:]}", flush=True)
    print(failures, end="", flush=True)
    return bool(failures)


def _fuzz(name: str, seconds: str, folder: str) -> None:
    """Runs one format in this process until the time is up; libFuzzer then ends it."""
    import atheris  # noqa: PLC0415 - optional, and to be first

    with atheris.instrument_imports(include=["mien"]):
        from reliability.fuzz.case import Input  # noqa: PLC0415
        from reliability.fuzz.corpus import Corpus  # noqa: PLC0415
        from reliability.fuzz.formats import FORMATS  # noqa: PLC0415
        from reliability.fuzz.worker import read  # noqa: PLC0415

    form, corpus, found = FORMATS[name], Path(folder, "corpus"), Path(folder, "found")
    Corpus.write(corpus, form)
    file = min(path.name for path in corpus.iterdir())
    known: set[str] = set()

    def test(data: bytes) -> None:
        outcome = read(form, Input(file, data))
        if outcome.kind.failed and outcome.signature not in known:
            known.add(outcome.signature)
            with found.open("a", encoding="utf-8") as lines:
                lines.write(f"{outcome.kind} of {name}: {outcome.signature}: {data[:500]!r}\n")

    def mutate(data: bytes, longest: int, seed: int) -> bytes:
        rng = Random(seed)
        return rng.choice(form.mutations)(rng, data, ())[:longest]

    options: list[Any] = [sys.argv[0], f"-max_total_time={seconds}", f"-max_len={_LONGEST}"]
    atheris.Setup([*options, "-timeout=30", str(corpus)], test, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    _fuzz(*sys.argv[1:])
