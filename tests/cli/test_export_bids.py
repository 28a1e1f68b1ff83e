"""`mien export-bids`, as a user meets it."""

from pathlib import Path

import pytest

from mien.cli import main
from tests.reporting.rows import alone, make


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as done:
        main([str(argument) for argument in arguments])
    return int(done.value.code or 0)


def test_records_and_what_stands_beside_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path, alone(["happy"] * 10))
    (tmp_path / "0.people.csv").write_text("person,name\n1,Anna\n")
    (tmp_path / "0.events.csv").write_text("onset,duration,condition\n0,0.5,calm\n")

    assert run("export-bids", tmp_path / "0.csv", "--out", tmp_path / "out") == 0

    assert capsys.readouterr().out == f"{tmp_path / 'out'}: 1 participant\n"
    events = tmp_path / "out" / "sub-Anna" / "beh" / "sub-Anna_task-faces_events.tsv"
    assert "calm" in events.read_text("utf-8")


def test_an_error_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path, alone(["happy"] * 10))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a").write_text("")

    assert run("export-bids", tmp_path / "0.csv", "--out", tmp_path / "out") == 1

    assert capsys.readouterr().err.endswith("it exists already; choose another with --out.\n")
