from pathlib import Path

import pytest

from mien.cli import main
from mien.data import FaceDataset
from mien.inference.classifier import Classifier
from tests.training.conftest import TINY_RECIPE, faces, write_folders

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


def test_a_picture_that_cannot_be_read_is_told_and_left_out(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "data" / "train" / "happy" / "torn.png").write_bytes(b"\x89PNG torn")
    assert run("train", "tiny.toml", "--data", "data", "--device", "cpu") == 0
    assert "torn.png" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "nosuch", "--data", "data"), "shipped recipes: paper"),
        (("train", "tiny.toml", "--data", "nowhere"), "nowhere: no such file or folder"),
        (("train", "tiny.toml", "--data", "data", "--resume"), "no such checkpoint"),
        (("train", "tiny.toml", "--data", "data", "--device", "abacus"), "--device abacus"),
        (("export", "runs/none", "--data", "data", "--out", "x.onnx"), "no such checkpoint"),
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
