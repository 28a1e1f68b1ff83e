"""How long FER2013's CSV takes to load, and how much memory: the first time and the second.

    python benchmarks/load_csv.py [--limit N]

Writes the CSV (270 MB) to a temporary folder with the shared tool, then loads it in a process of
its own for each line of the table: by `mien.data.load_dataset` with an empty cache, again with the
cache filled, and by the plain way that tutorials show, the csv module and int() on every value.
Peak memory is the whole process's, libraries included.
"""
# ruff: noqa: PLC0415 - what one way does not need is not to count against its memory

import argparse
import csv
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "shared" / "tools" / "fer2013_layouts.py"


def load_with_mien(path: Path) -> Callable[[], object]:
    """Returns the load by `load_dataset`, its libraries imported."""
    from mien.data import load_dataset

    return lambda: load_dataset(path)


def load_plainly(path: Path) -> Callable[[], object]:
    """Returns the load by the csv module and a list comprehension, its libraries imported."""
    import numpy as np

    def load() -> object:
        with path.open(newline="") as file:
            rows = [[int(value) for value in row["pixels"].split()] for row in csv.DictReader(file)]
        return np.array(rows, np.uint8)

    return load


WAYS = {"mien": load_with_mien, "plain": load_plainly}


def run(way: str, path: Path) -> None:
    """Loads once in this process; prints wall seconds, CPU seconds and peak memory in kB."""
    load = WAYS[way](path)
    wall, cpu = time.perf_counter(), time.process_time()
    load()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def measure(way: str, path: Path, cache: Path) -> tuple[float, float, float]:
    """Returns wall seconds, CPU seconds and peak memory in MB, from a process of its own."""
    command = [sys.executable, __file__, "--way", way, "--path", str(path)]
    environment = os.environ | {"XDG_CACHE_HOME": str(cache)}
    out = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    wall, cpu, kilobytes = map(float, out.stdout.split())
    return wall, cpu, kilobytes * 1024 / 1e6


def compare(limit: int | None) -> None:
    """Writes the CSV and prints the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        options = [] if limit is None else ["--limit", str(limit)]
        subprocess.run([sys.executable, TOOL, "csv", folder, *options], check=True)
        path = folder / "fer2013.csv"
        print(f"fer2013.csv: {path.stat().st_size / 1e6:.0f} MB\n")
        print(f"{'':28}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}")
        for title, way in (
            ("mien, first load", "mien"),
            ("mien, second load (cache)", "mien"),
            ("csv and int(), every load", "plain"),
        ):
            wall, cpu, megabytes = measure(way, path, folder / "cache")
            print(f"{title:28}{wall:8.2f}{cpu:8.2f}{megabytes:9.0f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="How long FER2013's CSV takes to load.")
    parser.add_argument("--limit", type=int, help="rows of each split; all by default")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        run(arguments.way, arguments.path)
    else:
        compare(arguments.limit)
