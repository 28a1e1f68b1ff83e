"""The ready scripts for pandas and R, run as a reader of the docs runs them."""

import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mien.study.events import Event, write_events
from mien.study.recording import load_recordings
from tests.reporting.rows import alone, make

SCRIPTS = Path(__file__).resolve().parents[2] / "docs" / "scripts"
EVENTS = (
    Event(0, 5, condition="calm"),
    Event(5, 5, condition="fun", note="with, a comma"),
    Event(1, 1, excluded=True),
    Event(5, 2, person="Nobody", condition="elsewhere", excluded=True),
    Event(3, name="moment"),
)


@pytest.fixture
def study(tmp_path: Path) -> list[Path]:
    """Five participants: calm, then fun, each happier by another amount; one is out of view."""
    paths = []
    for person in range(5):
        folder = tmp_path / f"P{person}"
        folder.mkdir()
        frames = alone(["happy"] * 50, top=0.3) + [
            (5 + time, faces) for time, faces in alone(["happy"] * 50, top=0.5 + 0.03 * person)
        ]
        if person == 4:
            frames[60:80] = [(time, []) for time, _ in frames[60:80]]
        make(folder, frames)
        path = (folder / "0.csv").rename(folder / "talk.csv")
        path.with_suffix(".people.csv").write_text(f"person,name\n1,P{person}\n")
        write_events(path.with_suffix(".events.csv"), EVENTS)
        paths.append(path)
    return paths


def from_mien(paths: list[Path], label: str) -> dict[tuple[str, str], tuple[float, float]]:
    """Seconds and mean probability by participant and condition, by Mien's own code."""
    found = {}
    for recording in load_recordings(paths):
        (track,) = recording.tracks
        place = recording.records.labels.index(label)
        for condition in ("calm", "fun"):
            rows = (track.conditions == condition) & ~track.excluded
            weights = track.seconds[rows]
            mean = np.average(track.displayed[rows, place], weights=weights)
            found[track.name, condition] = (weights.sum(), mean)
    return found


@pytest.mark.slow
def test_pandas_gives_the_figures_of_mien(
    study: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    script = runpy.run_path(str(SCRIPTS / "analysis.py"))
    import pandas as pd  # noqa: PLC0415 - slow, and the script's own

    table = script["summarize"](pd.concat([script["load"](path) for path in study]))

    expected = from_mien(study, "happy")
    assert len(table) == len(expected) == 10
    for row in table.to_dict("records"):
        seconds, mean = expected[row["participant"], row["condition"]]
        assert row["seconds"] == pytest.approx(seconds, abs=1e-6)
        assert row["smoothed_happy"] == pytest.approx(mean, abs=1e-6)
    calm = table[table["condition"] == "calm"]
    assert calm["usable"].tolist() == pytest.approx([0.8] * 5)  # a second of five is excluded

    script["main"]("happy", "fun", "calm", *study)
    line = capsys.readouterr().out.splitlines()[-1]
    assert re.fullmatch(
        r"happy, fun - calm: \+0\.260 \(95 % \+0\.2\d\d to \+0\.[23]\d\d\), n = 5", line
    )


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("Rscript"), reason="needs R, which is not installed")
def test_r_gives_the_same_contrast(study: list[Path]) -> None:
    command = ["Rscript", str(SCRIPTS / "analysis.R"), "happy", "fun", "calm", *map(str, study)]

    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert "happy, fun - calm: +0.260" in done.stdout.splitlines()[-1]


@pytest.mark.slow
def test_the_script_runs_as_a_program(study: list[Path]) -> None:
    command = [sys.executable, str(SCRIPTS / "analysis.py"), "sad", "calm", "fun", *map(str, study)]

    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert "sad, calm - fun: +" in done.stdout
    assert done.stderr == ""
