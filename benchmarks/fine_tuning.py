"""Fine-tuning on photos of your own: the gain on people who were held out of everything.

Usage: python benchmarks/fine_tuning.py DATA [COUNT]
DATA is the folder with photos/faces.parquet. COUNT (400) PublicTest photos, evenly over the file,
are written as a table with persons; a half of the people is learned from, the other half is only
measured on. `fer2013` did not learn press photos, `default` did, of other people.
"""

import csv
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from benchmarks.own_photos import write_photos

from mien.data import DataFormat, FaceDataset, find_labels, load_dataset
from mien.evaluation.evaluate import evaluate
from mien.inference.classifier import Classifier
from mien.training.finetuning.learn import FEWEST, fine_tune

COUNT = 400


def main() -> None:
    count = int(sys.argv[2]) if len(sys.argv) > 2 else COUNT
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        source = Path(sys.argv[1], "photos", "faces.parquet")
        table = halve(write_photos(source, count, root / "photos"))
        for base in ("fer2013", "small", "default"):
            measure(base, table, root / base)


def halve(table: Path) -> Path:
    """Puts every other person into Test; leaves out labels that are too rare to learn."""
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    people = sorted({row["person"] for row in rows})
    learned = set(people[::2])
    counts = {
        label: sum(row["label"] == label and row["person"] in learned for row in rows)
        for label in {row["label"] for row in rows}
    }
    kept = [row for row in rows if counts[row["label"]] >= FEWEST]
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ("path", "label", "person", "split"))
        writer.writeheader()
        for row in kept:
            writer.writerow({**row, "split": "train" if row["person"] in learned else "test"})
    return table


def measure(name: str, table: Path, out: Path) -> None:
    base = Classifier(name)
    faces = load_dataset(table, DataFormat(find_labels(table), base.card.face))
    start = time.perf_counter()
    found = fine_tune(base, faces, out)
    seconds = time.perf_counter() - start
    it = found.comparison
    print(f"{name}: {it.n} faces of {it.people} people, {seconds:.0f} s; cross-validated {it}")
    if found.model is not None:
        print(f"  held out: {compare(base, Classifier(found.model), faces)}")


def compare(old: Classifier, new: Classifier, faces: FaceDataset) -> str:
    """Returns both accuracies on the split Test, each interval over people."""
    fresh = evaluate(new, faces, "Test")
    assert fresh.people is not None
    test = faces.subset("Test")
    columns = [old.card.labels.index(label) for label in faces.names]
    answers = old.predict(test.images).probabilities[:, columns]
    was = float(np.mean(answers.argmax(axis=1) == test.labels))
    low, high = fresh.people.accuracy_interval
    return (
        f"{fresh.metrics.n} faces of {fresh.people.people} people: {was:.1%} before, "
        f"{fresh.metrics.accuracy:.1%} after ({low:.1%} to {high:.1%} over people)"
    )


if __name__ == "__main__":
    main()
