"""`mien predict`, as a user meets it."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mien import EMOTIONS, Analyzer
from mien.cli import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `mien predict`; returns its exit status, standard output and standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        words = [str(argument) for argument in arguments]
        with pytest.raises(SystemExit) as ended:
            main(["predict", *words, "--model", str(tiny_model)])
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return call


def save_face(path: Path, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (48, 48), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three images, two of one name, and one file that is not an image."""
    for seed, name in enumerate(("a.png", "été/a.png", "été/b.jpg")):
        save_face(tmp_path / "in" / name, seed)
    (tmp_path / "in" / "bad.jpg").write_bytes(b"not an image")
    return tmp_path / "in"


def records(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_a_photo_is_printed_as_a_table(run: Run, shared: Path) -> None:
    status, out, err = run(shared / "media" / "five_faces.jpg")
    assert status == 0
    assert "five_faces.jpg: 1000 x 667 pixels, 5 faces" in out
    assert all(name in out for name in EMOTIONS)
    assert out.rstrip().splitlines()[-1].startswith("Mien labels visible expressions")
    assert err == ""


def test_a_photo_without_a_face_says_so(run: Run, shared: Path) -> None:
    status, out, _ = run(shared / "media" / "no_face_cartoon.jpg")
    assert status == 0
    assert "no_face_cartoon.jpg: no face detected" in out


def test_json_is_exactly_the_analyzers_result(run: Run, shared: Path, tiny_model: Path) -> None:
    source = str(shared / "media" / "one_face.jpg")
    status, out, err = run(source, "--json")
    (record,) = records(out)
    assert (status, err) == (0, "")
    assert record == Analyzer(tiny_model).analyze(source).to_dict()
    assert list(record) == ["source", "frame", "time", "width", "height", "detector", "faces"]
    (face,) = record["faces"]
    assert list(face) == [
        *("box", "score", "landmarks", "emotion", "confidence", "probabilities", "attributes"),
    ]
    assert {"yaw", "side", "sharpness", "usable"} <= set(face["attributes"])
    assert list(face["probabilities"]) == list(EMOTIONS)
    assert np.shape(face["landmarks"]) == (5, 2)
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-4)


def test_a_bad_image_does_not_end_the_job(run: Run, folder: Path) -> None:
    status, out, err = run(folder, "--crops", "--json")
    lines = records(out)
    assert status == 0
    assert [Path(line["source"]).relative_to(folder).as_posix() for line in lines] == [
        "a.png",
        "bad.jpg",
        "été/a.png",
        "été/b.jpg",
    ]
    assert lines[1] == {"source": str(folder / "bad.jpg"), "error": lines[1]["error"]}
    assert "bad.jpg: not an image" in lines[1]["error"]
    assert "bad.jpg: not an image" in err.replace("\n", "")
    (face,) = lines[0]["faces"]
    assert face["box"] == [0, 0, 48, 48]
    assert face["score"] is None
    assert face["landmarks"] == []


def test_a_bad_image_in_a_folder_without_json(run: Run, folder: Path) -> None:
    status, out, err = run(folder, "--crops")
    assert status == 0
    assert out.count("48 x 48 pixels, 1 face") == 3
    assert err.count("error:") == 1


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_one_bad_image_is_one_line_and_status_1(run: Run, folder: Path, options: list[str]) -> None:
    status, out, err = run(folder / "bad.jpg", *options)
    assert (status, out) == (1, "")
    assert err.count("\n") == 1
    assert "bad.jpg: not an image" in err


def test_if_every_image_fails_the_status_is_1(run: Run, tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).touch()
    status, out, err = run(tmp_path)
    assert (status, out) == (1, "")
    assert err.count("the file is empty") == 2
    (tmp_path / "none").mkdir()
    status, _, err = run(tmp_path / "none")
    assert status == 1
    assert "no images in this folder" in err


def test_an_unknown_model_is_an_error_that_names_it(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["predict", str(folder), "--model", "nobody"])
    assert ended.value.code == 1
    assert "nobody: no such model" in capsys.readouterr().err


def test_annotated_images_keep_their_subfolders(run: Run, folder: Path, tmp_path: Path) -> None:
    (folder / "bad.jpg").unlink()
    Image.new("L", (48, 48)).save(folder / "c.tif")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    status, _, _ = run(folder, "--crops", "--save", tmp_path / "new" / "out")
    assert status == 0
    written = sorted((tmp_path / "new" / "out").rglob("*.*"))
    names = [path.relative_to(tmp_path / "new" / "out").as_posix() for path in written]
    assert names == ["a.png", "c.tif.png", "été/a.png", "été/b.jpg"]
    for path in written:
        with Image.open(path) as image:
            assert image.size == (480, 480)
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("linked", [False, True])
def test_a_source_is_never_overwritten(run: Run, tmp_path: Path, linked: bool) -> None:
    path = save_face(tmp_path / "in" / "a.png")
    target = tmp_path / "in"
    if linked:
        target = tmp_path / "out"
        target.mkdir()
        (target / "a.png").hardlink_to(path)
    before = path.read_bytes()
    status, out, err = run(path, "--crops", "--save", target)
    assert (status, out) == (1, "")
    assert "a.png: --save would overwrite this image" in err
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_one_error(run: Run, folder: Path) -> None:
    for target in (folder / "bad.jpg", folder / "bad.jpg" / "out"):
        status, out, err = run(folder, "--crops", "--save", target)
        assert (status, out) == (1, "")
        assert err.count("\n") == 1
        assert "give --save another folder" in err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_one_error(run: Run, folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "locked"
    target.mkdir()
    target.chmod(stat.S_IRUSR | stat.S_IXUSR)
    status, _, err = run(folder, "--crops", "--save", target)
    assert status == 1
    assert err.count("\n") == 1


def test_a_full_disk_is_one_error(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    status, _, err = run(folder, "--crops", "--save", tmp_path / "out")
    assert status == 1
    assert err.count("\n") == 1
    assert "No space left on device" in err
    assert not list((tmp_path / "out").iterdir())


def test_file_names_that_are_not_unicode_or_hold_control_codes_are_escaped(
    run: Run, tmp_path: Path
) -> None:
    for name in ("bad\udcff.png", "\x1b[31mred\n.png"):
        save_face(tmp_path / "a.png").rename(tmp_path / name)
    status, out, _ = run(tmp_path, "--crops", "--json")
    assert status == 0
    assert {line["source"] for line in records(out)} == {
        str(tmp_path / "bad\udcff.png"),
        str(tmp_path / "\x1b[31mred\n.png"),
    }
    status, out, _ = run(tmp_path, "--crops")
    assert status == 0
    assert r"bad\udcff.png" in out
    assert r"\x1b[31mred\n.png" in out


COMMAND = [sys.executable, "-c", "from mien.cli import main; main()", "predict"]


def test_a_pipe_that_closes_early_is_no_error(tmp_path: Path, tiny_model: Path) -> None:
    for number in range(40):
        save_face(tmp_path / f"{number}.png", number)
    for options in ([], ["--json"]):
        command = [*COMMAND, str(tmp_path), "--crops", "--model", str(tiny_model), *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            assert process.stdout.readline()
            process.stdout.close()
            assert process.stderr.read() == b""


def test_an_ascii_terminal_gets_ascii(tmp_path: Path, tiny_model: Path) -> None:
    path = save_face(tmp_path / "é.png")
    command = [*COMMAND, str(path), "--crops", "--model", str(tiny_model)]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    answer = subprocess.run(command, check=True, capture_output=True, env=environment)
    assert rb"\xe9.png" in answer.stdout
    assert b"#" in answer.stdout


def test_the_command_imports_nothing_heavy(tmp_path: Path, tiny_model: Path) -> None:
    path = save_face(tmp_path / "face.png")
    command = [sys.executable, "-X", "importtime", *COMMAND[1:], str(path), "--crops"]
    answer = subprocess.run(
        [*command, "--model", str(tiny_model)], check=True, capture_output=True, text=True
    )
    imported = {line.rsplit("|", 1)[-1].strip() for line in answer.stderr.splitlines()}
    assert "onnxruntime" in imported
    assert not imported & {"torch", "pyarrow", "sklearn", "matplotlib", "onnx", "scipy", "cv2"}


def test_an_explanation_is_printed_and_drawn(run: Run, folder: Path, tmp_path: Path) -> None:
    status, out, _ = run(folder / "a.png", "--crops", "--explain", tmp_path / "why")
    assert status == 0
    assert "eyes and brows" in out
    with Image.open(tmp_path / "why" / "a.png") as drawn:
        assert drawn.size == (240, 480)
    _, out, _ = run(folder / "a.png", "--crops", "--explain", tmp_path / "why", "--json")
    (face,) = records(out)[0]["faces"]
    assert face["explanation"]["label"] == face["emotion"]


def test_an_image_without_a_face_has_no_explanation(run: Run, shared: Path, tmp_path: Path) -> None:
    photo = shared / "media" / "no_face_cartoon.jpg"
    status, out, _ = run(photo, "--explain", tmp_path / "why")
    assert status == 0
    assert "no face detected" in out
    assert not list((tmp_path / "why").iterdir())


def test_a_video_is_not_explained(run: Run, shared: Path, tmp_path: Path) -> None:
    status, _, err = run(shared / "media" / "one_face.mp4", "--explain", tmp_path / "why")
    assert status == 1
    assert "--explain is for images alone" in err


def test_a_prior_that_the_model_cannot_take_is_one_error(run: Run, folder: Path) -> None:
    status, out, err = run(folder / "a.png", "--crops", "--prior", "uniform")
    assert (status, out) == (1, "")
    assert "does not say which base rates it learned" in err
