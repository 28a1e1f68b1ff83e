"""Photos of your own: `mien evaluate` against `mien predict`, one by one.

Usage: python benchmarks/own_photos.py DATA [COUNT]
DATA is the folder with photos/faces.parquet. COUNT (400) of its PublicTest photos, evenly over the
file, are written to a temporary folder as class folders and as a table with persons. Both are read
as `mien evaluate` reads them, cropped by `mien crop`, and compared with what `mien predict` answers
for each file.
"""

import csv
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from mien import Analyzer
from mien.data import DataFormat, load_dataset
from mien.data.cropping import crop_photos
from mien.emotions import EMOTIONS
from mien.evaluation.evaluate import Evaluation, evaluate
from mien.inference.classifier import Classifier

COUNT = 400


def main() -> None:
    source = Path(sys.argv[1], "photos", "faces.parquet")
    count = int(sys.argv[2]) if len(sys.argv) > 2 else COUNT
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        table = write_photos(source, count, root / "photos")
        compare("class folders", root / "photos")
        compare("a table", table)
        classifier = Classifier()
        crop_photos(root / "photos", root / "crops", classifier.card.face)
        compare("crops of `mien crop`", root / "crops", root / "photos")


def write_photos(source: Path, count: int, folder: Path) -> Path:
    """Writes photos as class folders, and beside them a table; returns the table."""
    rows = pq.read_table(source, filters=[("usage", "=", "PublicTest")])
    chosen = np.linspace(0, len(rows) - 1, count).astype(int)
    listed = [("path", "label", "person")]
    for number, row in enumerate(rows.take(chosen).to_pylist()):
        label = EMOTIONS[row["emotion"]]
        path = folder / label / f"{number:04}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(row["image"])
        listed.append((path.relative_to(folder.parent).as_posix(), label, row["person"]))
    table = folder.parent / "photos.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(listed)
    return table


def compare(name: str, data: Path, photos: Path | None = None) -> None:
    """Prints an evaluation beside the predictions of the same files."""
    found = measure(data)
    assert found.faces is not None
    assert found.faces.files is not None
    files = [Path(file) for file in found.faces.files.tolist()]
    if photos is not None:
        files = [photos / file.parent.name / file.stem for file in files]
    analyzer = Analyzer()
    largest = [analyzer.analyze(file).faces[0].probabilities for file in files]
    answers = np.array(largest, np.float32)
    same = (answers.argmax(axis=1) == found.probabilities.argmax(axis=1)).sum()
    gap = np.abs(answers - found.probabilities).max()
    low, high = (found.people or found.metrics).accuracy_interval
    unit = f"{found.people.people} people" if found.people else "faces"
    print(
        f"{name}: {len(files)} faces, {len(found.faces.problems)} left out; same label as predict "
        f"{same} of {len(files)}, largest difference of a probability {gap:.1e}; accuracy "
        f"{found.metrics.accuracy:.1%} ({low:.1%} to {high:.1%} over {unit})"
    )


def measure(data: Path) -> Evaluation:
    card = Classifier().card
    faces = load_dataset(data, DataFormat(card.labels, card.face))
    return evaluate("default", faces, "Training")


if __name__ == "__main__":
    main()
