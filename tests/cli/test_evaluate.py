import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mien.cli import main
from mien.data import FaceDataset
from mien.inference.classifier import Classifier
from tests.data.layouts import png, write_csv, write_table

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def cache_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    splits = np.array(["Training"] * 6 + ["PublicTest"] * 6)
    images = rng.integers(0, 256, (12, 48, 48), np.uint8)
    return write_csv(FaceDataset(images, np.arange(12) % 3, splits), tmp_path)


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["evaluate", *map(str, arguments)])
    return int(stop.value.code or 0)


def test_prints_a_table(tiny_model: Path, faces: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tiny_model, "--data", faces) == 0
    out = capsys.readouterr().out
    assert "tiny on PublicTest, 6 faces" in out
    for part in ("accuracy", "with no copy in Training", "macro F1", "calibration", "angry"):
        assert part in out


def test_several_data_sets_are_compared(
    tiny_model: Path, faces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    rng = np.random.default_rng(1)
    splits = np.array(["PublicTest"] * 8)
    images = rng.integers(0, 256, (8, 48, 48), np.uint8)
    second = write_csv(FaceDataset(images, np.arange(8) % 7, splits), other)
    file, folder = tmp_path / "figures.json", tmp_path / "report"
    assert run(tiny_model, "--data", faces, "--data", second, "--json", file, "--out", folder) == 0
    out = capsys.readouterr().out
    assert "tiny on PublicTest" in out
    assert "mean recall" in out
    found = json.loads(file.read_text())
    assert [figures["metrics"]["n"] for figures in found] == [6, 8]
    recalls = [
        label["recall"] for label in found[1]["metrics"]["per_emotion"].values() if label["support"]
    ]
    assert found[1]["metrics"]["mean_recall"] == pytest.approx(np.mean(recalls))
    names = [f"1-{faces.stem}", f"2-{second.stem}"]
    assert sorted(path.name for path in folder.iterdir()) == names


def test_writes_json_and_report(tiny_model: Path, faces: Path, tmp_path: Path) -> None:
    file, folder = tmp_path / "figures.json", tmp_path / "report"
    options = ("--split", "Training", "--json", file, "--out", folder)
    assert run(tiny_model, "--data", faces, *options) == 0
    found = json.loads(file.read_text())
    assert found["split"] == "Training"
    assert found["metrics"]["n"] == 6
    assert found == json.loads((folder / "metrics.json").read_text())
    assert f"--data {faces} --split Training" in (folder / "report.md").read_text()
    assert {path.name for path in folder.iterdir()} == {
        "report.md",
        "metrics.json",
        "confusion.png",
        "reliability.png",
        "mistakes.csv",
        "mistakes.png",
    }


def test_photos_of_a_table_are_measured_by_person_and_column(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("one_face.jpg", "five_faces.jpg")
    rows = [["path", "label", "person", "Light"]]
    rows += [[str(shared / "media" / name), "happy", name[:3], "out|doors"] for name in names]
    table, folder = write_table(rows, tmp_path / "photos.csv"), tmp_path / "report"
    options = ("--by", "person", "--by", "light", "--out", folder)
    assert run("small", "--data", table, *options) == 0
    captured = capsys.readouterr()
    assert "small on Training, 1 faces" in captured.out
    assert "five_faces.jpg: 5 faces were found" in captured.err
    figures = json.loads((folder / "metrics.json").read_text())
    assert figures["groups"]["person"][0] | {"accuracy_interval": 0} == {
        "value": "one",
        "n": 1,
        "people": 1,
        "accuracy": 1.0,
        "accuracy_interval": 0,
    }
    assert r"| out\|doors | 1 |" in (folder / "report.md").read_text()
    assert run("small", "--data", table, "--by", "camera") == 1
    assert "no column 'camera'; choose from label, light, person" in capsys.readouterr().err


def test_the_report_names_the_prior_in_its_command(faces: Path, tmp_path: Path) -> None:
    folder = tmp_path / "report"
    assert run("paper", "--data", faces, "--prior", "uniform", "--out", folder) == 0
    assert "--split PublicTest --prior uniform" in (folder / "report.md").read_text()
    assert json.loads((folder / "metrics.json").read_text())["prior"] == "uniform"


def test_a_data_set_that_cannot_be_read_does_not_stop_the_others(
    tiny_model: Path, faces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "figures.json"
    absent = tmp_path / "absent.csv"
    assert run(tiny_model, "--data", absent, "--data", faces, "--json", file) == 1
    assert "absent.csv: no such file or folder" in capsys.readouterr().err
    assert json.loads(file.read_text())["metrics"]["n"] == 6


def test_problems_are_told_on_standard_error(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    happy = tmp_path / "faces" / "test" / "happy"
    happy.mkdir(parents=True)
    (happy / "a.png").write_bytes(png(np.zeros((48, 48), np.uint8)))
    (happy / "bad.png").write_bytes(b"bad")
    assert run(tiny_model, "--data", tmp_path / "faces", "--split", "Test") == 0
    told = capsys.readouterr()
    assert "bad.png" in told.err
    assert "bad.png" not in told.out


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("MODEL", "--data", "nowhere"), "nowhere: no such file or folder"),
        (("nothing", "--data", "FACES"), "nothing: no such model file"),
        (("MODEL", "--data", "FACES", "--split", "Test"), "choose from Training"),
        (("MODEL", "--data", "FACES", "--json", "no/such/folder.json"), "folder.json: cannot be"),
        (("MODEL", "--data", "FACES", "--out", "FACES"), "fer2013.csv: cannot be written"),
    ],
)
def test_one_clear_error(
    tiny_model: Path,
    faces: Path,
    options: tuple[str, ...],
    says: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    places = {"MODEL": tiny_model, "FACES": faces}
    assert run(*(places.get(option, option) for option in options)) == 1
    error = capsys.readouterr().err
    assert says in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1


@pytest.mark.parametrize("library", ["pyarrow", "sklearn", "matplotlib"])
def test_a_missing_extra_is_named(library: str, tiny_model: Path, faces: Path) -> None:
    without = f"import sys; sys.modules[{library!r}] = None; from mien.cli import main; main()"
    command = [sys.executable, "-c", without, "evaluate", tiny_model, "--data", faces]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert "pip install 'mien[train]'" in answer.stderr


def test_a_model_of_eight_labels_takes_class_folders_by_name(
    eight_label_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(0)
    for label in Classifier(eight_label_model).card.labels:
        folder = tmp_path / "faces" / "val" / label
        folder.mkdir(parents=True)
        for number in range(2):
            content = png(rng.integers(0, 256, (64, 64, 3), np.uint8))
            (folder / f"{number}.png").write_bytes(content)
    options = ("--split", "Validation", "--json", tmp_path / "figures.json")
    assert run(eight_label_model, "--data", tmp_path / "faces", *options) == 0
    found = json.loads((tmp_path / "figures.json").read_text())
    per_label = found["metrics"]["per_emotion"]
    assert list(per_label) == list(Classifier(eight_label_model).card.labels)
    assert [figures["support"] for figures in per_label.values()] == [2] * 8


def test_label_numbers_are_matched_by_fer2013_s_names(
    eight_label_model: Path, faces: Path, tmp_path: Path
) -> None:
    file = tmp_path / "figures.json"
    assert run(eight_label_model, "--data", faces, "--json", file) == 0
    per_label = json.loads(file.read_text())["metrics"]["per_emotion"]
    support = {name: label["support"] for name, label in per_label.items() if label["support"]}
    assert support == {"angry": 2, "disgust": 2, "fear": 2}  # numbers 0, 1 and 2 of FER2013
