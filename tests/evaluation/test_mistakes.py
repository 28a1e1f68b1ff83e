"""Mistakes by name, the surest first."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from mien.evaluation.contact_sheet import WIDTH
from mien.evaluation.mistakes import find_mistakes, write_mistakes
from tests.data.layouts import make_dataset


def test_the_surest_mistake_comes_first_by_its_file(tmp_path: Path) -> None:
    data = make_dataset([0, 1, 2, 3], ["Test"] * 4, 0, votes=False)
    data = replace(data, files=np.array(["a.png", "in/b.png", "c.png", f"{'d' * 90}.png"]))
    probabilities = np.full((4, 7), 0.05, np.float32)
    for row, answer, share in ((0, 0, 0.7), (1, 3, 0.4), (2, 6, 0.9), (3, 2, 0.6)):
        probabilities[row, answer] = share
    mistakes = find_mistakes(data, probabilities)
    assert [(it.file[:8], it.label, it.answer) for it in mistakes] == [
        ("c.png", "fear", "neutral"),
        ("dddddddd", "happy", "fear"),
        ("in/b.png", "disgust", "happy"),
    ]
    write_mistakes(mistakes, data, tmp_path)
    with (tmp_path / "mistakes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["probability"] for row in rows] == ["0.9000", "0.6000", "0.4000"]
    with Image.open(tmp_path / "mistakes.png") as sheet:
        assert sheet.width == WIDTH


def test_no_mistake_is_an_empty_sheet(tmp_path: Path) -> None:
    data = make_dataset([0], ["Test"], 0, votes=False)
    write_mistakes(find_mistakes(data, np.eye(7, dtype=np.float32)[:1]), data, tmp_path)
    assert (tmp_path / "mistakes.csv").read_text().count("\n") == 1
