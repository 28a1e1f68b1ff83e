"""`mien cite`, as a user meets it."""

from pathlib import Path

import pytest

from mien.cli import main
from tests.reporting.rows import alone, make


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as done:
        main([str(argument) for argument in arguments])
    return int(done.value.code or 0)


def test_paragraph_unknowns_and_references(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path, alone(["happy"] * 10))

    assert run("cite", tmp_path / "0.csv", "--model", "default") == 0

    out = capsys.readouterr().out
    parts = [out.index(it) for it in ("Methods", "Unknown", "References (APA)", "BibTeX")]
    assert parts == sorted(parts)
    assert "The model was default" in out
    assert "@inproceedings{barsoum2016training," in out


def test_an_unknown_model_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path, alone(["happy"]))

    assert run("cite", tmp_path / "0.csv", "--model", "best") == 1

    assert capsys.readouterr().err.startswith("error: best: no such model file")
