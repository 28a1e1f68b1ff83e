"""`mien study`, as a user meets it."""

import csv
from pathlib import Path

import pytest

from mien.cli import main
from mien.server.run import Started
from mien.study.design import StudyFolder
from tests.study.design.studies import code_all, save, save_two, truths

Capture = pytest.CaptureFixture[str]


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as done:
        main(["study", *map(str, arguments)])
    return int(done.value.code or 0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> Path:
    """A planned study of 20 stretches."""
    monkeypatch.setenv("COLUMNS", "80")
    out = tmp_path / "study"
    assert run("plan", *save_two(tmp_path), "--out", out, "--stretches", 20) == 0
    told = capsys.readouterr().out
    assert "20 stretches of 2 s; people: 2; conditions: joy, rest" in told
    assert f"Next: mien study code {out} --coder NAME" in told
    return out


def code(folder: Path) -> None:
    study = StudyFolder.open(folder)
    codes = truths(study)
    code_all(study, "anna", codes)
    code_all(study, "ben", codes | dict.fromkeys(range(4, 21, 4), "happy"))


@pytest.mark.slow
def test_estimates_are_printed_written_and_replayed(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    code(folder)
    assert run("estimate", folder, "--out", tmp_path / "out.csv") == 0
    told = capsys.readouterr()
    assert "anna, ben" in told.out
    assert "all stretches 20 of 40 stretches coded; people: 2" in told.out
    assert "rest less joy" in told.out
    assert "tell nothing of other people" in told.err
    assert max(map(len, told.out.splitlines()[:-4])) <= 80
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text().splitlines()))
    assert {it["method"] for it in rows} == {"Mien alone", "coding alone", "prediction-powered"}
    names = {it.name for it in tmp_path.glob("out.*")}
    assert {"out.contrasts.csv", "out.agreement.csv", "out.codebook.csv"} < names

    assert run("replay", folder) == 0
    assert "the same again: 20 stretches, 87 rows of results" in capsys.readouterr().out


@pytest.mark.slow
def test_a_replay_that_differs_names_it_and_fails(folder: Path, capsys: Capture) -> None:
    code(folder)
    run("estimate", folder)
    StudyFolder.open(folder).save_code("anna", 3, "fear")
    capsys.readouterr()
    assert run("replay", folder) == 1
    told = capsys.readouterr()
    assert "codes/anna.csv, SHA-256: " in told.out
    assert "results.json, shares, all stretches, fear, coding alone, share: 0 before," in told.out
    assert "differences" in told.err


def test_a_replay_without_results_says_so(folder: Path, capsys: Capture) -> None:
    assert run("replay", folder) == 0
    assert "no results are saved yet" in capsys.readouterr().out


def test_a_study_without_codes_says_how_to_code(folder: Path, capsys: Capture) -> None:
    assert run("estimate", folder) == 1
    assert f"code some: mien study code {folder} --coder NAME" in capsys.readouterr().err
    assert not (folder / "results.json").exists()


def test_coding_starts_studio_with_the_study(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    started = []

    def start(settings, on_start) -> None:
        started.append((settings.study, settings.coder, settings.port, settings.host))
        on_start(Started("http://127.0.0.1:1234/", (), None))

    monkeypatch.setattr("mien.server.run.run", start)
    assert run("code", folder, "--coder", "anna", "--port", 0) == 0
    assert started == [(folder, "anna", 0, "127.0.0.1")]
    assert "Code at http://127.0.0.1:1234/" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("coder", "told"), [("a/b", "'a/b' cannot name a coder"), ("", "'' cannot name a coder")]
)
def test_a_coder_needs_a_name_that_files_can_have(
    folder: Path, coder: str, told: str, capsys: Capture
) -> None:
    assert run("code", folder, "--coder", coder) == 1
    assert told in capsys.readouterr().err


def test_what_limits_a_plan_is_told(tmp_path: Path, capsys: Capture) -> None:
    path = save(tmp_path / "talk.csv", [(10, "happy")], conditions="0,5,rest\n90,5,joy\n")
    assert run("plan", path, "--out", tmp_path / "study") == 0
    told = capsys.readouterr()
    assert "5 stretches of 2 s; people: 1; conditions: rest" in told.out
    assert "allow no more stretches" in told.err
    assert "joy" in told.err


def test_a_folder_without_a_study_is_one_line(tmp_path: Path, capsys: Capture) -> None:
    for command in ("estimate", "replay"):
        assert run(command, tmp_path) == 1
        told = capsys.readouterr().err
        assert "no study there" in told
        assert told.count("\n") == 1
