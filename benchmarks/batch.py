"""Times jobs of `mien batch` on many photos, many videos, and one long video; local and on Ray.

Usage: python benchmarks/batch.py [DATA] [PHOTOS] [CLIPS] [ROUNDS] [MODEL] [SCRATCH]
Writes PHOTOS (32298, all) faces of FER2013 as photos into a folder below SCRATCH, CLIPS (200)
copies of DATA/media/one_face.mp4, and a video of CLIPS x 2 seconds, split into parts of 30 seconds.
Each is analyzed in this process, without an engine; by 1 and 2 local workers; and by 1 and 2
workers on a Ray of this machine: ROUNDS (3) times in turn, each time as a whole job with its
listing and its tables. Prints medians: the seconds until the first task is done, and the last;
and the images (photos, or frames) a second between. That needs dozens of tasks: some photos and
clips are a trial, not a measurement. At the end, the memory of this process and of all those below
it, over a job of each engine with 2 workers. Use `taskset -c 0,1` for two cores.
"""

import math
import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pyarrow.parquet as pq

from mien.batch.analysis import Models, analyze_task
from mien.batch.job import Request, run
from mien.batch.plan import Options, Task
from mien.batch.pool import Engine, LocalEngine, Results
from mien.batch.progress import Listener, Totals, Workload
from mien.batch.ray_pool import RayEngine
from stream import encode, lengthen, to_and_fro

LONGEST = 30.0  # seconds of a part of the long video
BLOCK = 10  # seconds of the video that the long one repeats


class NoEngine:
    """Analyzes one task after the other, in this process: what an engine is measured against."""

    name = "none"

    def run(self, tasks: Iterable[Task], options: Options) -> Results:
        """See `Engine.run`; nothing is retried."""
        models = Models(options)
        for task in tasks:
            yield task, analyze_task(task, models)


def engines() -> dict[str, tuple[Engine, int]]:
    """Returns what is compared, by name, each with its number of workers."""
    return {
        "no engine": (NoEngine(), 1),
        "local, 1 worker": (LocalEngine(1), 1),
        "local, 2 workers": (LocalEngine(2), 2),
        "Ray, 1 worker": (RayEngine(None, 1), 1),
        "Ray, 2 workers": (RayEngine(None, 2), 2),
    }


class Clock(Listener):
    """Notes when each task is done, and how much of the work it was.

    Args:
        workers: how many there are; each has a first task, before which it starts.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._start = 0.0
        self._done: list[tuple[float, float]] = []
        self.images = 0

    def started(self, *_: object) -> None:
        """Starts the clock."""
        self._start = time.perf_counter()

    def task_done(self, task: Task, totals: Totals) -> None:
        """Notes a task."""
        self._done.append((time.perf_counter() - self._start, task.cost))
        self.images = totals.counts["pictures"]

    @property
    def cold(self) -> float:
        """Seconds until the first task was done."""
        return self._done[0][0]

    @property
    def whole(self) -> float:
        """Seconds until the last task was done."""
        return self._done[-1][0]

    @property
    def rate(self) -> float:
        """Images a second, once every worker had done a task; NaN where that was all."""
        first, rest = self._done[: self._workers], self._done[self._workers :]
        if not rest:
            return math.nan
        share = sum(cost for _, cost in rest) / sum(cost for _, cost in self._done)
        return share * self.images / (rest[-1][0] - first[-1][0])


class Memory(Listener):
    """Notes the memory of this process, and of those below it, at each tenth of a job."""

    def __init__(self) -> None:
        self._whole = self._done = 0.0
        self.rows: list[tuple[int, float, float]] = []

    def started(self, workload: Workload, _: Totals) -> None:
        """Notes how much there is to do."""
        self._whole = workload.cost

    def task_done(self, task: Task, totals: Totals) -> None:
        """Measures the memory, at each tenth."""
        self._done += task.cost
        tenths = int(10 * self._done / self._whole)
        if tenths > len(self.rows):
            self.rows.append((totals.counts["pictures"], *resident()))


def resident() -> tuple[float, float]:
    """Returns the resident memory of this process, and that of all below it, in MB (Linux)."""
    parents, sizes = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "status").read_text()
        except OSError:  # it has ended
            continue
        fields = dict(line.split(":", 1) for line in status.splitlines())
        parents[int(fields["Pid"])] = int(fields["PPid"])
        sizes[int(fields["Pid"])] = int(fields.get("VmRSS", "0").split()[0]) / 1000
    own = int(Path("/proc/self").resolve().name)
    below = sum(size for pid, size in sizes.items() if own in ancestors(pid, parents))
    return sizes[own], below


def ancestors(pid: int, parents: dict[int, int]) -> set[int]:
    found: set[int] = set()
    while (pid := parents.get(pid, 0)) and pid not in found:
        found.add(pid)
    return found


def write_inputs(data: Path, photos: int, clips: int, folder: Path) -> dict[str, Path]:
    """Writes the inputs of the jobs; returns a folder for each."""
    names = {f"{photos} faces": folder / "photos", f"{clips} clips": folder / "clips"}
    names[f"one video of {2 * clips} s"] = folder / "video"
    for place in names.values():
        place.mkdir()
    table = pq.read_table(data / "fer2013" / "fer2013.parquet", columns=["image"])
    for number, image in enumerate(table["image"][:photos].to_pylist()):
        (folder / "photos" / f"{number:05d}.png").write_bytes(image)
    clip = data / "media" / "one_face.mp4"
    for number in range(clips):
        shutil.copyfile(clip, folder / "clips" / f"{number:04d}.mp4")
    block = encode(to_and_fro(clip), folder / "block.mp4", 30 * BLOCK)
    lengthen(block, folder / "video" / "long.mp4", max(2 * clips // BLOCK, 1))
    return names


def run_job(inputs: Path, engine: Engine, listener: Listener, model: str) -> None:
    options = Options(model, 0.0, False, LONGEST, str(Path.cwd()))
    with tempfile.TemporaryDirectory(dir=inputs.parent) as out:
        run(Request((str(inputs),), Path(out, "job"), options), engine, listener)


def print_speed(inputs: dict[str, Path], rounds: int, model: str) -> None:
    for name, folder in inputs.items():
        clocks: dict[str, list[Clock]] = defaultdict(list)
        for _ in range(rounds):
            for engine_name, (engine, workers) in engines().items():
                clock = Clock(workers)
                run_job(folder, engine, clock, model)
                clocks[engine_name].append(clock)
        images = clocks["no engine"][0].images
        print(f"\n| {name}: {images:,} images | first, s | last, s | images/s | ratio |")
        print("| --- | --- | --- | --- | --- |")
        rates = {key: statistics.median(clock.rate for clock in ran) for key, ran in clocks.items()}
        for key, ran in clocks.items():
            cold = statistics.median(clock.cold for clock in ran)
            whole = statistics.median(clock.whole for clock in ran)
            ratio = rates[key] / rates["local, 1 worker"]
            row = f"{cold:.1f} | {whole:.1f} | {rates[key]:.1f} | {ratio:.2f}"
            print(f"| {key} | {row} |", flush=True)


def print_memory(inputs: dict[str, Path], model: str) -> None:
    for name, folder in list(inputs.items())[:2]:
        for key in ("local, 2 workers", "Ray, 2 workers"):
            memory = Memory()
            run_job(folder, engines()[key][0], memory, model)
            print(f"\n| {name}, {key}: images | this process, MB | all below it, MB |")
            print("| --- | --- | --- |")
            for images, own, below in memory.rows:
                print(f"| {images:,} | {own:.0f} | {below:.0f} |", flush=True)


def main(
    data: str = "../shared/data",
    photos: str = "32298",
    clips: str = "200",
    rounds: str = "3",
    model: str = "default",
    scratch: str | None = None,
) -> None:
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        inputs = write_inputs(Path(data), int(photos), int(clips), Path(name))
        print_speed(inputs, int(rounds), model)
        print_memory(inputs, model)


if __name__ == "__main__":
    main(*sys.argv[1:])
