import csv
from pathlib import Path

import pytest
import torch
from PIL import Image

from mien.training.history import EpochRecord, RunningMean, plot_curves, write_history

RECORDS = [EpochRecord(n, 0.1 / n, 2 / n, 0.2 * n, 2.1 / n, 0.19 * n) for n in (1, 2, 3)]


def test_running_mean_weighs_batches_by_their_size() -> None:
    running = RunningMean()
    running.add(torch.tensor(2.0), torch.tensor(1), 1)
    running.add(torch.tensor(1.0), torch.tensor(0), 3)
    assert running.result() == (pytest.approx(1.25), pytest.approx(0.25))


def test_history_reads_back_exactly(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    write_history(path, RECORDS)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [
        EpochRecord(int(row.pop("epoch")), *map(float, row.values())) for row in rows
    ] == RECORDS


@pytest.mark.parametrize("count", [1, 3])
def test_curves_are_a_image(tmp_path: Path, count: int) -> None:
    path = tmp_path / "curves.png"
    plot_curves(path, RECORDS[:count])
    with Image.open(path) as image:
        assert image.getextrema() != ((255, 255),) * 4
