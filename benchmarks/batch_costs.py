"""Times what one input of `mien batch` costs a processor: docs/scale.md reckons with it.

Usage: python benchmarks/batch_costs.py [DATA] [MODEL] [FACES]
Prints milliseconds of processor time, on one thread: for FACES (500) faces of FER2013 as photos of
48x48, for DATA/media's photos and one of them enlarged to 4000x2668, in all and by stage; and for
a frame of the shared clip. Then the bytes of a task, of its result and of its rows on the disk.
"""

import io
import pickle
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from mien.batch.analysis import Models, analyze_task, layout_of
from mien.batch.plan import Item, Kind, Options, Task
from mien.inference.analyzer import Analyzer
from mien.inference.crop import crop_face, to_gray
from mien.inference.media.images import read_frame
from mien.inference.media.video import VideoReader, open_video

LARGE = (4000, 2668)
REPEATS = 10  # of the photos that there is one of

T = TypeVar("T")


def timed(call: Callable[[], T]) -> tuple[T, float]:
    started = time.process_time()
    answer = call()
    return answer, 1000 * (time.process_time() - started)


def stages(analyzer: Analyzer, path: Path) -> list[float]:
    """Returns the milliseconds of reading, detecting faces, cropping and classifying."""
    face_format = analyzer.classifier.card.face
    frame, reading = timed(lambda: read_frame(path))
    detections, detecting = timed(lambda: analyzer.detector.detect(frame.pixels))

    def crop() -> list[np.ndarray]:
        gray = to_gray(frame.pixels) if face_format.color == "gray" else frame.pixels
        return [crop_face(gray, detection.landmarks, face_format) for detection in detections]

    crops, cropping = timed(crop)
    _, classifying = timed(lambda: analyzer.classifier.predict(np.stack(crops)) if crops else None)
    return [reading, detecting, cropping, classifying]


def task_of(paths: list[Path], kind: Kind) -> Task:
    items = (
        Item(number, str(path.resolve()), kind, path.stat().st_size, str(path.stat().st_mtime_ns))
        for number, path in enumerate(paths)
    )
    return Task(0, tuple(items), 1.0)


def print_photos(models: Models, photos: dict[str, list[Path]]) -> None:
    print("| a photo | in all | reading | detecting | cropping | classifying | faces |")
    print("| --- |" + " --- |" * 6)
    for name, paths in photos.items():
        result, whole = timed(lambda: analyze_task(task_of(paths, "photo"), models))  # noqa: B023
        parts = np.mean([stages(models.analyzer, path) for path in paths], axis=0)
        row = " | ".join(f"{value:.1f}" for value in (whole / len(paths), *parts))
        print(f"| {name} | {row} | {result.counts['faces'] / len(paths):.2f} |", flush=True)


def print_video(models: Models, clip: Path) -> None:
    frames, decoding = timed(lambda: sum(1 for _ in VideoReader(str(clip), open_video(clip))))
    _, whole = timed(lambda: analyze_task(task_of([clip], "film"), models))
    print(f"\na frame of {clip.name}: {whole / frames:.1f}, reading {decoding / frames:.1f}")


def print_sizes(models: Models, faces: list[Path]) -> None:
    task = task_of(faces, "photo")
    result = analyze_task(task, models)
    stored = io.BytesIO()
    pq.write_table(result.rows, stored, compression="zstd")
    print(f"\nbytes a photo sent: {len(pickle.dumps(task)) / len(faces):.0f}")
    print(f"bytes a row answered: {len(pickle.dumps(result)) / len(result.rows):.0f}")
    print(f"bytes a row stored: {stored.tell() / len(result.rows):.0f}")


def main(data: str = "../shared/data", model: str = "default", faces: str = "500") -> None:
    media = Path(data, "media")
    table = pq.read_table(Path(data, "fer2013", "fer2013.parquet"), columns=["image"])["image"]
    chosen = np.random.default_rng(0).choice(len(table), int(faces), replace=False)
    options = Options(model, 0.0, False, 600.0, "/").with_layout(layout_of(Analyzer(model)))
    models = Models(options)
    with tempfile.TemporaryDirectory() as name:
        small = [Path(name, f"{row}.png") for row in chosen]
        for path, row in zip(small, chosen.tolist(), strict=True):
            path.write_bytes(table[row].as_py())
        large = Path(name, "large.jpg")
        Image.open(media / "five_faces.jpg").convert("RGB").resize(LARGE).save(large, quality=85)
        photos = {"48x48": small} | {
            path.name: [path] * REPEATS
            for path in (media / "one_face.jpg", media / "five_faces.jpg", large)
        }
        analyze_task(
            task_of(small[:1], "photo"), models
        )  # the detector is opened when first needed
        print_photos(models, photos)
        print_video(models, media / "one_face.mp4")
        print_sizes(models, small)


if __name__ == "__main__":
    main(*sys.argv[1:])
