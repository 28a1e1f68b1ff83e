"""Times a photo in a warm process, from the file to the labels, with `yunet` and as with `mtcnn`.

Usage: python benchmarks/photo.py [DATA] [MODEL]
Reads DATA/media. Milliseconds of the processor on one thread, medians of 15 rounds in which all
take turns. "As before" decodes every pixel of a JPEG and finds faces by `mtcnn`, as Mien did once.
"""

import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from mien import Analyzer
from mien.inference.cropping import ENOUGH_PIXELS
from mien.inference.media.images import read_frame

_ROUNDS = 15
_LARGE = (4000, 2668)


def main(data: str = "../shared/data", model: str = "default") -> None:
    """Prints the tables."""
    media, before, now = Path(data, "media"), Analyzer(model, "mtcnn"), Analyzer(model)
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder, "large.jpg")
        with Image.open(media / "five_faces.jpg") as image:
            image.resize(_LARGE, Image.Resampling.BICUBIC).save(large, quality=90)
        photos = {
            "572x562, one face": media / "one_face.jpg",
            "1000x667, five faces": media / "five_faces.jpg",
            "4000x2668, five faces": large,
        }
        print("| photo | as before | now | times |\n| --- | --- | --- | --- |")
        for name, path in photos.items():
            ways = {
                "before": lambda path=path: before.analyze(read_frame(path)),
                "now": lambda path=path: now.analyze(path),
            }
            old, new = measure(ways).values()
            print(f"| {name} | {old:.1f} | {new:.1f} | {old / new:.1f} |")
        print("\n| of it, now | decode | find | crop, measure | classify |")
        print("| --- | --- | --- | --- | --- |")
        for name, path in photos.items():
            took = measure(stages(now, path))
            found = took["detect"] - took["find"]
            cells = took["decode"], took["find"], found, took["classify"]
            print(f"| {name} | " + " | ".join(f"{value:.1f}" for value in cells) + " |")


def stages(analyzer: Analyzer, path: Path) -> dict[str, Callable[[], object]]:
    """Returns what a photo's analysis consists of; `detect` is all but decoding and classifying."""
    frame = read_frame(path, ENOUGH_PIXELS)
    pending = analyzer.detect(frame)
    return {
        "decode": lambda: read_frame(path, ENOUGH_PIXELS),
        "find": lambda: analyzer.detector.detect(frame.pixels),
        "detect": lambda: analyzer.detect(frame),
        "classify": lambda: analyzer.classify([pending]),
    }


def measure(ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Returns the median milliseconds of each way."""
    times: dict[str, list[float]] = defaultdict(list)
    for _ in range(_ROUNDS + 1):
        for name, run in ways.items():
            started = time.process_time()
            run()
            times[name].append(1000 * (time.process_time() - started))
    return {name: statistics.median(values[1:]) for name, values in times.items()}


if __name__ == "__main__":
    main(*sys.argv[1:])
