"""`mien agree`, as a user meets it."""

import json
from pathlib import Path

import openpyxl
import pytest

from mien.cli.agree import agree
from mien.errors import StudyError
from mien.inference.records import open_records
from mien.results import FrameResult
from mien.study.events import write_events
from tests.cli.running import make_run
from tests.reporting.rows import face
from tests.study.agreement.studies import Spans, code


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs `mien agree` in an 80 columns wide terminal; returns standard output and error."""
    monkeypatch.setenv("COLUMNS", "80")
    return make_run(agree, capsys)


def save_records(path: Path, spans: Spans) -> Path:
    labels = [label for seconds, label in spans for _ in range(10 * int(seconds))]
    with open_records(path) as records:
        for number, label in enumerate(labels):
            result = FrameResult(
                f"{path.stem}.mp4", 640, 360, (face(1, label, 0.7),), number, number / 10
            )
            records.write(result)
    return path


@pytest.fixture
def study(tmp_path: Path) -> list[Path]:
    """Records, and codes of two coders: anna agrees with Mien, ben half of the time."""
    records = save_records(tmp_path / "talk.csv", [(2, "happy"), (2, "sad")])
    codes = {"anna": [(2, "happy"), (2, "sad")], "ben": [(1, "happy"), (1, "sad"), (2, "sad")]}
    for coder, spans in codes.items():
        write_events(tmp_path / f"{coder}.csv", code("", spans))
    return [records, tmp_path / "anna.csv", tmp_path / "ben.csv"]


def test_coders_stand_beside_mien(run, study: list[Path]) -> None:
    out, err = run(*study)
    lines = [line.split() for line in out.splitlines()]
    assert out.startswith("1 person, 2 coders; steps of 0.1 s; [95 % interval over people]")
    assert ["coder,", "coder", ".75", ".50", ".53"] in [line[:5] for line in lines]
    assert ["anna", "Mien", "1.00", "1.00", "1.00", "1.00"] in lines
    assert "note: one person: there is no interval" in err
    assert max(map(len, out.splitlines())) <= 80


def test_codes_beside_the_records_need_no_name(run, tmp_path: Path) -> None:
    records = save_records(tmp_path / "talk.csv", [(2, "happy"), (2, "sad")])
    write_events(tmp_path / "talk.events.csv", code("anna", [(2, "happy"), (2, "sad")]))
    out, err = run(records)
    assert "anna   Mien" in out
    assert "one coder (anna)" in err


def test_several_records_give_an_interval(run, tmp_path: Path) -> None:
    records, codes = [], []
    for name, mien in (("a", "happy"), ("b", "happy"), ("c", "sad")):
        records.append(save_records(tmp_path / f"{name}.csv", [(2, mien), (2, "sad")]))
        codes += code("anna", [(2, "happy"), (2, "sad")], recording=f"{name}.mp4")
    write_events(tmp_path / "codes.csv", codes)
    out, err = run(records[0], tmp_path / "codes.csv", "--also", records[1], "--also", records[2])
    assert out.startswith("3 people")
    assert ".67 [.00, 1.00]" in out
    assert "3 people are few: the intervals are likely too narrow" in err


@pytest.mark.parametrize("by", ["frame", "segment"])
def test_json_has_every_table(by: str, run, study: list[Path]) -> None:
    out, _ = run(*study, "--json", "--by", by)
    found = json.loads(out)
    assert (found["by"], found["coders"]) == (by, ["anna", "ben"])
    assert {"comparison", "pairs", "labels", "confusion"} <= set(found["tables"])
    pair = found["tables"]["pairs"][0]
    assert (pair["first"], pair["second"], pair["kappa_low"]) == ("anna", "ben", None)


def test_a_file_of_all_tables(run, study: list[Path], tmp_path: Path) -> None:
    run(*study, "--out", tmp_path / "out.xlsx")
    names = openpyxl.load_workbook(tmp_path / "out.xlsx").sheetnames
    assert names == [
        "comparison",
        "pairs",
        "labels",
        "confusion",
        "all_raters",
        "probabilities",
        "codebook",
    ]


def test_other_words_are_mapped(run, tmp_path: Path) -> None:
    records = save_records(tmp_path / "talk.csv", [(2, "happy"), (2, "sad")])
    codes = tmp_path / "anna.csv"
    write_events(codes, code("", [(1, "joy"), (1, "talks"), (2, "sad")]))
    with pytest.raises(StudyError, match=r"'joy' \(1 code; perhaps happy\)"):
        run(records, codes)
    out, _ = run(records, codes, "--map", "joy=happy", "--map", "talks=")
    assert "anna   Mien       1.00" in out


def test_an_option_that_means_nothing_is_an_error(run, study: list[Path]) -> None:
    with pytest.raises(StudyError, match="--by second; use frame or segment"):
        run(*study, "--by", "second")
    with pytest.raises(StudyError, match="--map joy; write it as --map joy=happy"):
        run(*study, "--map", "joy")
    with pytest.raises(StudyError, match="--baseline mean; use interval, rest or none"):
        run(*study, "--baseline", "mean")
    with pytest.raises(StudyError, match="there is no limit 'size'"):
        run(*study, "--limit", "size=3")


def test_a_baseline_that_is_not_there_is_told(run, study: list[Path]) -> None:
    _, err = run(*study, "--baseline", "interval")
    assert "talk.mp4 person 1" in err
