import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.evaluation.evaluate import Evaluation
from mien.evaluation.metrics import compute_metrics
from mien.evaluation.report import report_text, write_report
from tests.conftest import CARD

COMMAND = "mien evaluate tiny --data faces.csv --split PublicTest"


@pytest.fixture
def evaluation() -> Evaluation:
    """Happy and sad faces alone, all said to be happy but one."""
    probabilities = np.full((5, 7), 0.05, np.float32)
    probabilities[[0, 1, 2, 3, 4], [3, 3, 3, 3, 4]] = 0.7
    labels = np.array([3, 3, 3, 4, 4])
    metrics = compute_metrics(probabilities, labels, np.array([True, False, False, False, False]))
    return Evaluation(
        CARD, Path("tiny.onnx"), "f" * 64, "PublicTest", metrics, probabilities, labels
    )


def test_writes_text_figures_and_images(tmp_path: Path, evaluation: Evaluation) -> None:
    folder = tmp_path / "new" / "folder"
    write_report(evaluation, folder, COMMAND)
    for name in ("confusion.png", "reliability.png"):
        with Image.open(folder / name) as image:
            assert min(image.size) > 500
    found = json.loads((folder / "metrics.json").read_text())
    assert found["metrics"]["accuracy"] == 0.8
    assert found["metrics"]["per_emotion"]["fear"] == {
        "precision": None,
        "recall": None,
        "f1": None,
        "support": 0,
    }
    assert found["split"] == "PublicTest"
    assert (folder / "report.md").read_text() == report_text(evaluation, COMMAND)


def test_says_what_was_measured_and_how(evaluation: Evaluation) -> None:
    text = report_text(evaluation, COMMAND)
    for part in (
        "# tiny on PublicTest",
        "5 faces",
        "f" * 16,
        COMMAND,
        "95 % Wilson score interval",
        "80.00%",
        "4 faces with no copy in Training | 75.00%",
        "| fear | - | - | - | 0 |",
        "validation figures",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("split", "data", "says"),
    [
        ("Training", "f" * 64, "trained on these very faces"),
        ("Validation", "f" * 64, "calibration was fitted on these very faces"),
        ("Training", "other", "learn from"),
    ],
)
def test_says_what_the_model_saw(evaluation: Evaluation, split: str, data: str, says: str) -> None:
    card = replace(CARD, data_fingerprint=data, figures={"split": "Validation"})
    assert says in report_text(replace(evaluation, card=card, split=split), COMMAND)


def test_private_test_needs_no_caveat(evaluation: Evaluation) -> None:
    assert "\n> " not in report_text(replace(evaluation, split="PrivateTest"), COMMAND)


def test_full_disk_keeps_the_report_there_was(
    tmp_path: Path, evaluation: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "report.md").write_text("before")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mien.evaluation.report.write_json", full)
    with pytest.raises(OSError, match="No space"):
        write_report(evaluation, tmp_path, COMMAND)
    assert (tmp_path / "report.md").read_text() == "before"
