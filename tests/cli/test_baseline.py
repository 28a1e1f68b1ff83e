"""`mien baseline` and `mien segments`, as a user meets them."""

from pathlib import Path

import pandas as pd
import pytest

from mien.cli import main
from mien.inference.records import read_records
from mien.study.derived import derived_table
from mien.study.events import Event, read_events, write_events
from mien.study.tables import write_tables
from tests.study.faces import mix, recording

SAD_LOOKING, SMILE = mix(sad=0.5, neutral=0.42), mix(happy=0.9, neutral=0.05)


def run(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as done:
        main(arguments)
    return int(done.value.code or 0)


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """Records of one person: ten seconds calm, three seconds of a smile."""
    path = tmp_path / "talk.csv"
    write_tables(path, [derived_table([recording([SAD_LOOKING] * 100 + [SMILE] * 30)])])
    return path


def test_corrected_columns_stand_beside_raw_ones(
    talk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_events(tmp_path / "talk.events.csv", [Event(0, 10, name="baseline")])
    out = tmp_path / "corrected.csv"

    run(["baseline", str(talk), "--out", str(out)])

    told = capsys.readouterr().out
    assert "Anna" in told
    assert "10.0 s" in told
    assert "0.67" in told
    table = pd.read_csv(out)
    assert table["smoothed_sad"][0] == pytest.approx(0.5)
    assert table["corrected_sad"][0] < 0.2
    assert len(read_records(out)) == 130
    codes = pd.read_csv(tmp_path / "corrected.codebook.csv").set_index("column")
    assert "baseline" in codes.loc["corrected_sad", "description"]


def test_without_a_neutral_face_raw_values_stay_and_it_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "smile.csv", tmp_path / "corrected.csv"
    write_tables(path, [derived_table([recording([SMILE] * 50)])])

    run(["baseline", str(path), "--rest", "--out", str(out)])

    assert "shows no neutral face but happy" in capsys.readouterr().err
    table = pd.read_csv(out)
    assert table["corrected_happy"].tolist() == table["smoothed_happy"].tolist()


def test_a_baseline_from_another_recording(
    talk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "smile.csv", tmp_path / "corrected.csv"
    write_tables(path, [derived_table([recording([SMILE] * 50, name="smile.mp4")])])

    run(["baseline", str(path), "--from", str(talk), "--rest", "--out", str(out)])

    assert "rest" in capsys.readouterr().out


def test_rest_has_to_be_asked_for(
    talk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "corrected.csv"

    run(["baseline", str(talk), "--out", str(out)])

    assert "Anna has no usable record in an interval named baseline or neutral" in (
        capsys.readouterr().err
    )
    table = pd.read_csv(out)
    assert table["corrected_sad"].tolist() == table["smoothed_sad"].tolist()


def test_limits_make_records_unusable(talk: Path, tmp_path: Path) -> None:
    out = tmp_path / "corrected.csv"

    run(["baseline", str(talk), "--limit", "score=0.995", "--out", str(out)])

    table = pd.read_csv(out)
    assert set(table["reason"]) == {"uncertain"}
    assert set(table["usable"]) == {0}


def test_segments_are_events(
    talk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "segments.csv"

    run(["segments", str(talk), "--out", str(out)])

    assert "1 expression of 1 person" in capsys.readouterr().out
    (smile,) = read_events(out)
    assert (smile.code, smile.author, smile.person) == ("happy", "mien", "Anna")
    assert smile.onset == pytest.approx(10)
    assert smile.duration == pytest.approx(3)


def test_a_bad_limit_is_one_line(
    talk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["baseline", str(talk), "--limit", "jaw=3", "--out", str(tmp_path / "o.csv")])

    assert capsys.readouterr().err.startswith("error: there is no limit 'jaw'")


def test_segments_that_cannot_be_written_are_one_line(
    talk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "segments.csv"
    assert run(["segments", str(talk), "--out", str(out)]) == 1
    assert f"{out}: cannot be written" in capsys.readouterr().err
