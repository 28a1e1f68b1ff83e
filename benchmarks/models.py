"""Each model that ships, and its int8 version beside it: size, speed, accuracy.

    .venv/bin/python benchmarks/models.py [MODEL ...] [--data PATH]

MODEL is a shipped name or a model file; all that ship by default. What is called like another with
`-int8` after it is compared with that one. Times are processor time on one thread, which other work
on the machine disturbs least: medians of interleaved rounds after one to warm up, on PublicTest's
faces, through `Classifier`. Accuracy is PublicTest's. Bytes are faster on a processor with
instructions for products of bytes, which is why those are printed.
"""

import argparse
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data import FaceDataset, load_dataset
from mien.evaluation.metrics import compute_metrics
from mien.inference.classifier import Classifier, resolve_model, shipped_models

DATA = Path(__file__).parents[2] / "shared" / "data" / "fer2013" / "fer2013.parquet"
BYTE_PRODUCTS = ("avx_vnni", "avx512_vnni", "amx_int8", "asimddp", "i8mm")
ROUNDS = 15
REPEATS = {1: 64, 64: 2}  # calls a round, by batch
Faces = NDArray[np.uint8]


@dataclass
class Measured:
    """One version of a model: its file's MB, its answers on PublicTest, its times by batch."""

    classifier: Classifier
    megabytes: float
    probabilities: NDArray[np.float32]
    times: dict[int, list[float]]

    def milliseconds(self, batch: int) -> float:
        """Returns what a face takes in a batch of that size."""
        return statistics.median(self.times[batch])


def measure(path: Path, faces: Faces) -> Measured:
    """Opens a model and runs it on all faces, which warms it up too."""
    classifier = Classifier(path)
    answers = classifier.predict(faces).probabilities
    times: dict[int, list[float]] = {batch: [] for batch in REPEATS}
    return Measured(classifier, path.stat().st_size / 1e6, answers, times)


def take_turns(versions: list[Measured], faces: Faces) -> None:
    """Times all versions round by round, each round on other faces."""
    rng = np.random.default_rng(0)
    for _ in range(ROUNDS):
        for batch, repeats in REPEATS.items():
            batches = [rng.choice(faces, batch, replace=False) for _ in range(repeats)]
            for version in versions:
                start = time.thread_time()
                for chosen in batches:
                    version.classifier.predict(chosen)
                spent = time.thread_time() - start
                version.times[batch].append(1000 * spent / (repeats * batch))


def compare(ours: Measured, theirs: Measured, labels: NDArray[np.int64]) -> list[str]:
    """Returns what the int8 version changes: times as fast, points gained, labels changed."""
    before, after = ours.probabilities.argmax(1), theirs.probabilities.argmax(1)
    gains = 100.0 * ((after == labels) * 1 - (before == labels))
    mean, spread = gains.mean(), 1.96 * gains.std() / np.sqrt(len(gains))  # faces as pairs
    faster = [f"{ours.milliseconds(batch) / theirs.milliseconds(batch):.1f}" for batch in REPEATS]
    return [
        ", ".join(faster),
        f"{mean:+.2f} ({mean - spread:+.2f} to {mean + spread:+.2f})",
        f"{(before != after).mean():.1%}",
    ]


def row(name: str, version: Measured, labels: NDArray[np.int64], changes: list[str]) -> str:
    metrics = compute_metrics(version.probabilities, labels)
    low, high = metrics.accuracy_interval
    times = [f"{version.milliseconds(batch):.2f}" for batch in REPEATS]
    accuracy = f"{metrics.accuracy:.1%} ({low:.1%} to {high:.1%})"
    return f"| {' | '.join([name, f'{version.megabytes:.2f}', *times, accuracy, *changes])} |"


def processor() -> str:
    """Names the instructions for products of bytes that this processor has, as Linux does."""
    about = Path("/proc/cpuinfo")
    words = set(about.read_text().split()) if about.exists() else set()
    return ", ".join(name for name in BYTE_PRODUCTS if name in words) or "none known"


def report(models: list[str], test: FaceDataset) -> None:
    print(f"instructions for products of bytes: {processor()}; n = {len(test)}\n")
    head = ["model", "MB", *(f"ms, batch {batch}" for batch in REPEATS), "accuracy"]
    head += ["times as fast", "points gained", "labels changed"]
    print(f"| {' | '.join(head)} |\n|{' --- |' * len(head)}")
    paths = [resolve_model(model) for model in models]
    measured = {path.stem: measure(path, test.images) for path in paths}
    take_turns(list(measured.values()), test.images)
    for name, version in measured.items():
        whole = measured.get(name.removesuffix("-int8"), version)
        changes = ["", "", ""] if whole is version else compare(whole, version, test.labels)
        print(row(name, version, test.labels, changes))


def main() -> None:
    parser = argparse.ArgumentParser(description="Models against their own int8 versions.")
    parser.add_argument("models", nargs="*", metavar="MODEL", default=list(shipped_models()))
    parser.add_argument("--data", type=Path, default=DATA)
    given = parser.parse_args()
    report(given.models, load_dataset(given.data).subset("PublicTest"))


if __name__ == "__main__":
    main()
