from pathlib import Path

import pytest
from PIL import Image

from mien.data import FaceDataset, load_dataset
from mien.data.findings import read_findings
from tests.cli.test_train import faces, project, run

pytestmark = pytest.mark.slow

__all__ = ["faces", "project"]

AUDIT = ("audit", "--data", "data", "--out", "found", "--device", "cpu")


def test_an_audit_from_the_command_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folds = ("--folds", "2", "--epochs", "2", "--recipe", "tiny.toml")
    assert run(*AUDIT, *folds) == 0
    printed = capsys.readouterr()
    assert printed.err.count("epoch 2/2: training loss") == 2
    assert "wrong_label" in printed.out
    assert "0 of the copies are of a face in another split" in printed.out
    data = load_dataset(project / "data")
    findings = read_findings(project / "found" / "audit.csv", data.fingerprint)
    assert {found.kind for found in findings} <= {"wrong_label"}
    with Image.open(project / "found" / "contact_sheet.png") as image:
        assert image.format == "PNG"
    assert run(*AUDIT, *folds) == 0
    assert "epoch" not in capsys.readouterr().err  # every fold was finished


def test_without_folds_copies_are_found(
    project: Path, capsys: pytest.CaptureFixture[str], faces: FaceDataset
) -> None:
    Image.fromarray(faces.images[0]).save(project / "data" / "val" / "happy" / "again.png")
    assert run(*AUDIT, "--folds", "0") == 0
    assert "1 of the copies are of a face in another split" in capsys.readouterr().out
    assert not (project / "found" / "folds").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--folds", "1"), "--folds 1: one fold leaves no faces"),
        (("--recipe", "nosuch"), "shipped recipes: "),
        (("--recipe", "tiny.toml", "--device", "abacus"), "--device abacus"),
        (("--folds", "0", "--out", "tiny.toml"), "choose another folder with --out"),
        (("--folds", "0", "--data", "nowhere"), "no such file or folder"),
    ],
)
def test_a_mistake_is_one_line_that_names_it(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    assert run(*AUDIT, *arguments) == 1
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1
