"""The doctor tells what is there, and what is not with its remedy."""

import json
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from mien import __version__, doctor
from mien.cli import main
from mien.personalization.store import Profiles


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["doctor", *arguments])
    return int(stop.value.code or 0)


def test_a_machine_that_predicts_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json") == 0
    found = json.loads(capsys.readouterr().out)
    checks = {(check["group"], check["name"]): check for check in found["checks"]}
    assert found["ok"] is True
    assert checks["versions", "mien"]["value"] == __version__
    assert checks["codecs", "H.264"]["value"] == "reads"
    assert "7 labels, faces 48x48 gray" in checks["models", "default"]["value"]
    assert checks["speed", "classify one face"]["value"].endswith(" ms (default)")


def test_what_is_missing_is_told_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def version(name: str) -> str:
        if name in ("onnxruntime", "torch"):
            raise PackageNotFoundError
        return "1.0"

    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    monkeypatch.setattr(doctor, "version", version)
    monkeypatch.setattr(doctor, "shipped_models", lambda: {"default": broken})
    assert run() == 1
    out = capsys.readouterr().out
    assert "! onnxruntime          absent" in out
    assert "pip install onnxruntime" in out
    assert "pip install 'mien[train]'" in out
    assert "! default              broken" in out


def test_a_camera_without_permission_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.sys, "platform", "linux")
    monkeypatch.setattr(Path, "glob", lambda *_: [Path("/dev/video7")])
    monkeypatch.setattr(doctor.os, "access", lambda *_: False)
    (check,) = doctor._cameras()
    assert (check.name, check.value) == ("7", "/dev/video7")
    assert "group 'video'" in check.problem


def test_a_damaged_database_is_told_and_repaired(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("mien.folders.data_folder", lambda: tmp_path)
    monkeypatch.setattr(doctor, "data_folder", lambda: tmp_path)
    profiles = Profiles.open(tmp_path)
    profiles.create("Ada")
    profiles.close()
    path = tmp_path / "profiles.sqlite"
    assert [(it.name, it.problem) for it in doctor._folders()][1:] == [("profiles.sqlite", "")]
    path.write_bytes(path.read_bytes()[:100] + b"\xff" * 8 + path.read_bytes()[108:])
    (_, check) = doctor._folders()
    assert "run 'mien doctor --repair'" in check.problem
    assert run("--repair", "--json") == 0
    (found,) = json.loads(capsys.readouterr().out)["databases"]
    assert (found["repaired"], found["saved"]["profiles"]) == (True, 1)
    assert Path(found["copy"]).read_bytes()[100:108] == b"\xff" * 8
    assert [it.problem for it in doctor._folders()] == ["", ""]
    assert run("--repair") == 0
    assert capsys.readouterr().out == f"{path}: intact\n"
