"""Times prediction: one `mien predict` from a cold process, and a face in a batch.

Usage: python benchmarks/predict.py [DATA] [MODEL]
Reads DATA/media/one_face.jpg. Figures are medians on one thread, in milliseconds.
"""
# ruff: noqa: PLC0415 - the imports are part of what is measured

import itertools
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

RUNS = 9
COMMAND = "from mien.cli import main; main()"


def stages(started: int, image: str, model: str) -> dict[str, float]:
    """Does what `mien predict` does, in a fresh process, with a look at the clock in between.

    Args:
        started: `time.monotonic_ns()` of the parent, just before it started this process.
        image: the photo.
        model: the model.
    """
    marks = [("", started), ("interpreter", time.monotonic_ns())]

    def mark(stage: str) -> None:
        marks.append((stage, time.monotonic_ns()))

    import mien.cli  # noqa: F401 - what the command itself imports first
    from mien.cli.tables import print_result
    from mien.inference.classifier import Classifier
    from mien.inference.crop import crop_face
    from mien.inference.cropping import ENOUGH_PIXELS
    from mien.inference.detection.detectors import open_detector
    from mien.inference.media.images import read_frame
    from mien.results import Face, FrameResult

    mark("imports")
    import numpy as np

    classifier = Classifier(model)
    mark("load classifier")
    detector = open_detector()
    mark("load detector")
    pixels = read_frame(image, ENOUGH_PIXELS).pixels
    mark("read")
    found = detector.detect(pixels)
    mark("detect")
    crops = np.stack([crop_face(pixels, face.landmarks) for face in found])
    mark("crop")
    rows = classifier.predict(crops).probabilities.tolist()
    mark("classify")
    faces = tuple(
        Face(box=face.box, probabilities=tuple(row), labels=classifier.card.labels)
        for face, row in zip(found, rows, strict=True)
    )
    height, width = pixels.shape[:2]
    print_result(FrameResult(image, width, height, faces, labels=classifier.card.labels))
    mark("print")
    pairs = itertools.pairwise(marks)
    return {stage: (end - start) / 1e6 for (_, start), (stage, end) in pairs}


def cold_stages(image: str, model: str) -> dict[str, float]:
    """Runs `stages` in fresh processes; returns the median of each stage."""
    runs = []
    for _ in range(RUNS):
        command = [sys.executable, __file__, "--stages", str(time.monotonic_ns()), image, model]
        output = subprocess.run(command, check=True, capture_output=True, text=True)
        runs.append(json.loads(output.stderr))
    return {stage: statistics.median(run[stage] for run in runs) for stage in runs[0]}


def cold_command(image: str, model: str) -> float:
    """Returns the median wall time of the command itself."""
    command = [sys.executable, "-c", COMMAND, "predict", image, "--model", model]
    return median_ms(lambda: subprocess.run(command, check=True, capture_output=True))


def median_ms(call: Callable[[], object]) -> float:
    """Returns the median wall time of a call."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def per_face(model: str, batch: int) -> float:
    """Returns the milliseconds a face takes in a batch, in a process that is warm."""
    import numpy as np

    from mien.inference.classifier import Classifier

    classifier = Classifier(model)
    faces = np.random.default_rng(0).integers(0, 256, (batch, 48, 48), np.uint8)
    repeats = max(256 // batch, 1)
    return median_ms(lambda: [classifier.predict(faces) for _ in range(repeats)]) / (
        repeats * batch
    )


def main(data: str = "../shared/data", model: str = "paper") -> None:
    """Prints the table."""
    image = str(Path(data, "media", "one_face.jpg"))
    parts, whole = cold_stages(image, model), cold_command(image, model)
    parts["reading the command line, exit"] = whole - sum(parts.values())
    rows = {f"cold, {stage}": value for stage, value in parts.items()}
    rows["cold, `mien predict one_face.jpg`, all of it"] = whole
    rows |= {f"a face, batch {batch}": per_face(model, batch) for batch in (1, 64)}
    print("| what | ms |\n| --- | --- |")
    for name, value in rows.items():
        print(f"| {name} | {value:.2f} |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--stages"]:
        print(json.dumps(stages(int(sys.argv[2]), *sys.argv[3:])), file=sys.stderr)
    else:
        main(*sys.argv[1:])
