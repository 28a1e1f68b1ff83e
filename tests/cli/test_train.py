from pathlib import Path

import numpy as np
import pytest

from mien.cli import main
from mien.data import FaceDataset, load_dataset
from mien.data.findings import Finding, write_findings
from mien.inference.classifier import Classifier
from mien.training.history import ProgressBar
from tests.training.conftest import TINY_RECIPE, faces, write_folders

pytestmark = pytest.mark.slow

__all__ = ["faces"]


@pytest.fixture
def project(tmp_path: Path, faces: FaceDataset, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as a user has it: a data set and a recipe of their own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    write_folders(tmp_path / "data", faces)
    (tmp_path / "tiny.toml").write_text(TINY_RECIPE)
    return tmp_path


def run(*arguments: str) -> int:
    """Returns the exit status."""
    with pytest.raises(SystemExit) as stop:
        main(list(arguments))
    return int(stop.value.code or 0)


def test_training_then_export_from_the_command_line(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("train", "tiny.toml", "--data", "data", "--device", "cpu") == 0
    printed = capsys.readouterr()
    assert "on Validation (n = 40, 95 % interval" in printed.out
    assert "epoch 3/3: training loss" in printed.err
    assert run("export", "runs/tiny", "--data", "data", "--out", "mine.onnx") == 0
    assert Classifier(project / "mine.onnx").card.name == "mine"


def test_ctrl_c_says_how_to_resume(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("train", "tiny.toml", "--data", "data", "--device", "cpu")
    with monkeypatch.context() as patch:
        patch.setattr(ProgressBar, "epoch", interrupted)
        assert run(*command) == 130
    told = capsys.readouterr()
    assert told.out == ""
    goes_on = "the same command continues after the last whole epoch"
    assert told.err == f"stopped; with --resume {goes_on}\n"
    assert run(*command, "--resume") == 0
    assert "epoch 1/3" not in capsys.readouterr().err


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_recipe_is_described_without_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("train", "small", "--describe") == 0
    assert "38.2 million multiply-adds" in capsys.readouterr().out


def test_training_without_data_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("train", "small") == 2
    assert "--data" in capsys.readouterr().err


def test_an_audit_s_findings_are_left_out(
    project: Path, faces: FaceDataset, capsys: pytest.CaptureFixture[str]
) -> None:
    """All but the first 40 training faces are no faces, so one batch of 64 is too many."""
    data = load_dataset(project / "data")
    found = [
        Finding(index, "Training", "happy", "non_face", 1.0, "blank")
        for index in np.flatnonzero(data.splits == "Training")[40:]
    ]
    write_findings(project / "audit.csv", found, data.fingerprint)
    curated = TINY_RECIPE.replace("batch_size = 16", "batch_size = 64")
    (project / "tiny.toml").write_text(curated + "\n[curation]\nnon_face = 0.0\n")
    command = ("train", "tiny.toml", "--data", "data", "--device", "cpu")
    assert run(*command) == 1
    assert "--audit DIR/audit.csv" in capsys.readouterr().err
    assert run(*command, "--audit", "audit.csv") == 1
    assert "has 40 faces, fewer than one batch of 64" in capsys.readouterr().err


def test_a_file_with_other_views_and_in_bytes(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("train", "tiny.toml", "--data", "data", "--device", "cpu") == 0
    options = ("--data", "data", "--flip", "--shift", "1", "--int8")
    capsys.readouterr()
    assert run("export", "runs/tiny", "runs/tiny", *options, "--out", "mine.onnx") == 0
    assert "mine.onnx: " in capsys.readouterr().out
    assert Classifier(project / "mine.onnx").card.recipe.count("[network]") == 2


def test_a_image_that_cannot_be_read_is_told_and_left_out(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "data" / "train" / "happy" / "torn.png").write_bytes(b"\x89PNG torn")
    assert run("train", "tiny.toml", "--data", "data", "--device", "cpu") == 0
    assert "torn.png" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "nosuch", "--data", "data"), "shipped recipes: large"),
        (("train", "tiny.toml", "--data", "nowhere"), "nowhere: no such file or folder"),
        (("train", "tiny.toml", "--data", "data", "--resume"), "checkpoint not found"),
        (("train", "tiny.toml", "--data", "data", "--device", "abacus"), "--device abacus"),
        (("export", "runs/none", "--data", "data", "--out", "x.onnx"), "checkpoint not found"),
    ],
)
def test_a_mistake_is_one_line_that_names_it(
    project: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    assert run(*arguments) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert message in error
    assert len(error.splitlines()) == 1


def test_an_unwritable_model_file_is_told(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("train", "tiny.toml", "--data", "data", "--device", "cpu") == 0
    assert run("export", "runs/tiny", "--data", "data", "--out", "no/such/folder.onnx") == 1
    assert "cannot write the model file" in capsys.readouterr().err
