"""Training speed of the recipe `paper`: bfloat16 against float32, on one thread and on all.

    .venv/bin/python benchmarks/train.py [--data PATH]

Prints the median images a second over interleaved rounds, what 40 epochs take at that rate, and
the ratio to float32 on as many threads.
"""

import argparse
import os
import statistics
import time
from pathlib import Path

import torch

from mien.data import load_dataset
from mien.training.recipe import load_recipe
from mien.training.settings import Settings
from mien.training.trainer import Faces, Trainer

DATA = Path(__file__).parents[2] / "shared" / "data" / "fer2013" / "fer2013.parquet"
BATCHES = 20
ROUNDS = 5
PRECISIONS = ("float32", "bfloat16")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    dataset = load_dataset(parser.parse_args().data)
    settings = load_recipe("paper").settings
    faces = Faces.of(dataset.subset("Training"))
    cases = [(threads, precision) for threads in thread_counts() for precision in PRECISIONS]
    rates: dict[tuple[int, str], list[float]] = {case: [] for case in cases}
    for _ in range(ROUNDS):
        for threads, precision in cases:
            rates[threads, precision].append(images_a_second(settings, faces, threads, precision))
    report(rates, len(faces), settings.optimization.epochs)


def thread_counts() -> list[int]:
    return sorted({1, os.cpu_count() or 1})


def images_a_second(settings: Settings, faces: Faces, threads: int, precision: str) -> float:
    """Times one short epoch, validation on a single face included, after a first one to warm up."""
    torch.set_num_threads(threads)
    optimization = settings.optimization.model_copy(update={"precision": precision})
    settings = settings.model_copy(update={"optimization": optimization})
    count = BATCHES * optimization.batch_size
    part = Faces(faces.images[:count], faces.labels[:count])
    one = Faces(faces.images[:1], faces.labels[:1])
    trainer = Trainer(settings, part, one, seed=0, device=torch.device("cpu"))
    trainer.run_epoch(0)
    start = time.perf_counter()
    trainer.run_epoch(1)
    return count / (time.perf_counter() - start)


def report(rates: dict[tuple[int, str], list[float]], faces: int, epochs: int) -> None:
    print(f"threads  precision  images/s  {epochs} epochs  against float32")
    for (threads, precision), values in rates.items():
        rate = statistics.median(values)
        ratio = rate / statistics.median(rates[threads, "float32"])
        minutes = epochs * faces / rate / 60
        print(f"{threads:7}  {precision:9}  {rate:8.0f}  {minutes:5.0f} min  {ratio:.2f}x")


if __name__ == "__main__":
    main()
