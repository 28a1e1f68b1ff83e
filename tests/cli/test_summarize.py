"""`mien summarize`, as a user meets it."""

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from mien.cli.summarize import summarize
from mien.errors import StudyError
from mien.inference.records import open_records
from mien.results import FrameResult
from mien.study.events import Event, write_events
from tests.cli.running import make_run
from tests.reporting.rows import face

pytestmark = pytest.mark.slow


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs `mien summarize` in an 80 columns wide terminal; returns standard output and error."""
    monkeypatch.setenv("COLUMNS", "80")
    return make_run(summarize, capsys)


def save_records(path: Path, person: str, condition: str, labels: list[str]) -> Path:
    """Records with columns of their own, as a batch with a list of sources has."""
    with open_records(path) as records:
        for number, label in enumerate(labels):
            faces = (face(1, label, 0.7),)
            records.write(FrameResult(f"{path.stem}.mp4", 640, 360, faces, number, number / 10))
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    rows.assign(participant=person, condition=condition).to_csv(path, index=False)
    return path


@pytest.fixture
def study(tmp_path: Path) -> list[Path]:
    """Three people, who smile for 1 of 4 seconds in "control" and for 3 in "joy"."""
    return [
        save_records(
            tmp_path / f"p{at}_{condition}.csv",
            f"P{at}",
            condition,
            ["neutral"] * (10 * (4 - smile)) + ["happy"] * (10 * smile),
        )
        for at in range(3)
        for condition, smile in (("control", 1), ("joy", 3))
    ]


def test_usable_time_comes_first_then_labels_and_contrasts(run, study: list[Path]) -> None:
    out, err = run(*study)

    lines = [line.split() for line in out.splitlines()]
    assert lines[0][:4] == ["person", "condition", "usable", "%"]
    assert lines[1][:5] == ["P0", "control", "4", "s", "100"]
    # Happy is 0.7 for a quarter of the time, and 0.05 else: 0.2125; then 0.5375.
    assert lines[1][9] == "21"
    happy = next(line for line in lines if line[:4] == ["joy", "-", "control", "happy"])
    assert happy[4:6] == ["3", "+0.325"]
    assert all(len(line) <= 80 for line in out.splitlines())
    assert "note: 17 contrasts were made" in err
    assert "note: no baseline: corrected probabilities equal the raw ones." in err


def test_tables_and_their_codebook(run, study: list[Path], tmp_path: Path) -> None:
    out, _ = run(*study, "--out", tmp_path / "sum.xlsx")

    assert out.splitlines()[-1] == str(tmp_path / "sum.xlsx")
    sheets = openpyxl.load_workbook(tmp_path / "sum.xlsx").sheetnames
    assert sheets == ["groups", "expressions", "contrasts", "people", "codebook"]


def test_a_page_and_figures_around_an_event(run, study: list[Path], tmp_path: Path) -> None:
    write_events(tmp_path / "events.csv", [Event(1.0, name="joke")])

    out, _ = run(
        *study,
        "--events",
        tmp_path / "events.csv",
        "--around",
        "joke",
        "--window=-1,2",
        "--out",
        tmp_path / "sum.html",
        "--figures",
        tmp_path / "figures",
    )

    assert "Expressions around &#39;joke&#39;" in (tmp_path / "sum.html").read_text("utf-8")
    figures = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert figures == ["conditions.svg", "contrasts.svg", "course.svg", "people.svg"]
    assert len(out.splitlines()) > len(figures)


def test_means_over_persons(run, study: list[Path]) -> None:
    out, _ = run(*study, "--by", "condition")

    lines = [line.split() for line in out.splitlines()]
    assert lines[1][:3] == ["control", "12", "s"]


def test_a_condition_under_half_usable_is_marked(run, study: list[Path]) -> None:
    rows = pd.read_csv(study[0], dtype=str, keep_default_na=False)
    rows.loc[: len(rows) * 3 // 4, "score"] = "0.5"  # the detector doubts three quarters
    rows.to_csv(study[0], index=False)

    out, err = run(*study)

    assert out.splitlines()[1].split()[:5] == ["P0", "control", "1", "s", "!22"]
    assert "note: 1 of 6 results rest on under half" in err


def test_a_name_cannot_control_the_terminal(run, tmp_path: Path) -> None:
    path = save_records(tmp_path / "a.csv", "\x1b[31m[red]", "x", ["happy"] * 9)

    out, _ = run(path)

    assert "\x1b" not in out
    assert "\\x1b[31m" in out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--by", "age"], "no summary by 'age'; choose from person, condition, recording"),
        (["--window", "5"], "--window 5; write it as --window=-2,5"),
        (["--contrast", "joy"], "--contrast joy; write it as"),
        (["--contrast", "joy,fear"], "nobody has the condition 'fear'"),
        (["--around", "joke"], "there is no event 'joke'; give events with --events"),
        (["--baseline", "maybe"], "--baseline maybe; use interval, rest, none"),
        (["--limit", "age=3"], "no limit 'age'"),
        (["--out", "sum.doc"], r"sum\.doc: a summary ends in \.csv"),
    ],
)
def test_what_cannot_be_is_one_error(
    run, study: list[Path], options: list[str], message: str
) -> None:
    with pytest.raises(StudyError, match=message):
        run(*study, *options)
