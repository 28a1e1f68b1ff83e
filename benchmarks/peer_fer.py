"""Mien and the peer `fer` side by side: frames a second on the same video, on the same machine.

    python benchmarks/peer_fer.py [--environment FOLDER] [--video VIDEO] [--model M] [--rounds N]

The peer gets an environment of its own, in FOLDER (kept, and used again) or a temporary folder. It
is the least that makes fer 25.10.3 run:
- tensorflow-cpu in place of tensorflow: the same, without what a GPU needs;
- OpenCV 4 without windows: OpenCV 5 has no Haar cascades, which fer loads. fer's `Video.analyze`
  polls a window after each frame, hence does not run; it is the same loop and more;
- setuptools before 81: fer imports pkg_resources, which later ones leave out;
- no facenet-pytorch, hence no torch: only `mtcnn=True` needs it. So fer runs as `FER()` does
  by default, with its Haar cascade: its faster and weaker detector, and the harder one to outrun.

Every run is a process of its own; the ways take turns. Frames a second are end to end, from the
file to the results in memory: the median of three plays of the video after a first. Each side uses
as many threads as it does by default. The cold start lasts from the start of the process to the
first frame's result.
"""
# ruff: noqa: PLC0415 - each side imports only what it has, and the import is part of the cold start

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

VIDEO = Path(__file__).resolve().parents[2] / "shared" / "data" / "media" / "one_face.mp4"
PEER = "fer==25.10.3"
PEER_NEEDS = (
    "setuptools<81",
    "tensorflow-cpu>=2.19,<3",
    "opencv-python-headless>=4.10,<5",
    *("numpy", "pandas", "pillow", "requests", "tqdm"),
)
PACKAGES = {"mien": ("mien", "onnxruntime", "av"), "fer": ("fer", "tensorflow-cpu", "numpy")}
PASSES = 3

Labels = list[str]  # of the faces of one frame
Videos = Callable[[], Iterator[Labels]]  # plays the video once


def mien_stream(video: str, model: str) -> Videos:
    """Mien as it is meant for videos: faces are tracked, scores smoothed."""
    from mien import Analyzer

    analyzer = Analyzer(model)
    return lambda: ([face.emotion for face in result.faces] for result in analyzer.stream(video))


def mien_frames(video: str, model: str) -> Videos:
    """Mien on every frame as if it were a photo: the whole detector each time."""
    from mien import Analyzer
    from mien.inference.media.sources import open_stream

    analyzer = Analyzer(model)

    def play() -> Iterator[Labels]:
        with open_stream(video) as frames:
            for frame in frames:
                yield [face.emotion for face in analyzer.analyze(frame).faces]

    return play


def fer_frames(video: str, _: str) -> Videos:
    """The peer on every frame that OpenCV reads: the loop that its README shows."""
    import cv2
    from fer.fer import FER

    detector = FER()

    def play() -> Iterator[Labels]:
        capture = cv2.VideoCapture(video)
        while True:
            going, frame = capture.read()
            if not going:
                return
            yield labels(detector.detect_emotions(frame))

    return play


def labels(faces: list[dict[str, Any]]) -> Labels:
    return [max(face["emotions"], key=face["emotions"].get) for face in faces]


WAYS = {
    "Mien, `Analyzer.stream`": ("mien", mien_stream),
    "Mien, `Analyzer.analyze` on each frame": ("mien", mien_frames),
    "fer, `FER().detect_emotions` on each frame": ("fer", fer_frames),
}


def run(way: str, video: str, model: str, started: int, answer: Path) -> None:
    """Runs one way in this process, and writes what it took as JSON.

    Args:
        way: a key of `WAYS`.
        video: the path of the video.
        model: Mien's.
        started: `time.monotonic_ns()` of the parent, just before it started this process.
        answer: the file to write.
    """
    side, prepare = WAYS[way]
    play = prepare(video, model)
    frames = play()
    faces = [next(frames)]
    cold = (time.monotonic_ns() - started) / 1e9
    faces += frames
    rates, cpu = [], time.process_time()
    for _ in range(PASSES):
        start = time.perf_counter()
        count = sum(1 for _ in play())
        rates.append(count / (time.perf_counter() - start))
    figures = {
        "rate": statistics.median(rates),
        "cpu": 1000 * (time.process_time() - cpu) / (PASSES * len(faces)),
        "cold": cold,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
        "frames": len(faces),
        "one_face": sum(len(names) == 1 for names in faces),
        "versions": ", ".join(f"{name} {version(name)}" for name in PACKAGES[side]),
    }
    answer.write_text(json.dumps(figures))


def make_environment(folder: Path) -> Path:
    """Makes the peer's environment unless it is there; returns its Python."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *PEER_NEEDS], check=True)
        subprocess.run([*pip, "--no-deps", PEER], check=True)
    return python


def measure(python: Path, way: str, video: Path, model: str) -> dict[str, Any]:
    """Runs one way in a process of its own, in an empty folder: fer writes where it is run."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder, "answer.json")
        command = [str(python), str(Path(__file__).resolve()), "--video", str(video.resolve())]
        command += ["--model", model, "--way", way, "--answer", str(answer), "--started"]
        command.append(str(time.monotonic_ns()))
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{way} failed:\n{done.stderr[-3000:]}")
        figures: dict[str, Any] = json.loads(answer.read_text())
        return figures


def compare(environment: Path, video: Path, model: str, rounds: int) -> None:
    """Lets the ways take turns, and prints the table of medians."""
    pythons = {"mien": Path(sys.executable), "fer": make_environment(environment)}
    runs: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way, (side, _) in WAYS.items():
            runs[way].append(measure(pythons[side], way, video, model))
    report(runs)


def report(runs: dict[str, list[dict[str, Any]]]) -> None:
    ways = list(runs)
    versions = {runs[way][0]["versions"]: None for way in ways}
    print(f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()};")
    print(f"{'; '.join(versions)}; medians of {len(runs[ways[0]])} runs (lowest to highest)\n")
    print("| way | frames a second | CPU ms a frame | cold start s | peak MB | one face |")
    print("| --- | --- | --- | --- | --- | --- |")
    for way in ways:
        cells = [spread([each[key] for each in runs[way]]) for key in ("rate", "cpu", "cold")]
        memory = statistics.median(each["memory"] for each in runs[way])
        seen = f"{runs[way][0]['one_face']} of {runs[way][0]['frames']} frames"
        print(f"| {way} | {' | '.join(cells)} | {memory:.0f} | {seen} |")
    rates = [statistics.median(each["rate"] for each in runs[way]) for way in ways]
    print(f"\nMien's `stream` against fer: {rates[0] / rates[-1]:.1f} times the frames a second")


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):.1f} ({min(values):.1f} to {max(values):.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(description="Mien and fer on the same video.")
    parser.add_argument("--environment", type=Path, help="fer's; a temporary one by default")
    parser.add_argument("--video", type=Path, default=VIDEO)
    parser.add_argument("--model", default="paper")
    parser.add_argument("--rounds", type=int, default=5)
    for hidden, kind in (("--way", str), ("--answer", Path), ("--started", int)):
        parser.add_argument(hidden, type=kind, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        run(given.way, str(given.video), given.model, given.started, given.answer)
    elif given.environment:
        compare(given.environment, given.video, given.model, given.rounds)
    else:
        with tempfile.TemporaryDirectory() as folder:
            compare(Path(folder, "fer"), given.video, given.model, given.rounds)


if __name__ == "__main__":
    main()
