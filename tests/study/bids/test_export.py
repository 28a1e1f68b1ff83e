import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.emotions import EMOTIONS
from mien.errors import StudyError
from mien.study.bids import export_bids
from mien.study.bids.export import make_labels
from mien.study.events import Event
from mien.study.recording import Recording, split_records
from tests.reporting.rows import alone, make

HAPPY = EMOTIONS.index("happy")
VALIDATOR = shutil.which("bids-validator-deno", path=str(Path(sys.executable).parent))


def talk(folder: Path, name: str = "Anna", source: str = "talk.mp4", **columns: str) -> Recording:
    """Three seconds of one person: neutral, out of view for one, happy; events of all kinds."""
    labels = ["neutral"] * 10 + [None] * 10 + ["happy"] * 10
    events = [
        Event(0, 1.5, condition="calm"),
        Event(1.5, 1.5, condition="fun", note="with\ta tab"),
        Event(2, name="stimulus 3", person="Anna"),
        Event(2.1, 0.4, code="happy", author="coder 1", excluded=True),
        Event(2.2, name="elsewhere", person="Ben"),
    ]
    (recording,) = split_records(make(folder, alone(labels), source), events, {1: name})
    return Recording(recording.name, recording.records, {1: name}, recording.events, columns)


def series(folder: Path, stem: str) -> pd.DataFrame:
    """The continuous recording, as its sidecar says to read it."""
    path = next(folder.rglob(f"{stem}_recording-face_physio.tsv.gz"))
    about = json.loads(path.with_suffix("").with_suffix(".json").read_text("utf-8"))
    table = pd.read_csv(path, sep="\t", header=None, names=about["Columns"], na_values="n/a")
    table.index = about["StartTime"] + table.index / about["SamplingFrequency"]
    return table


def problems(folder: Path) -> list[dict[str, str]]:
    """What the standard's own validator says."""
    done = subprocess.run(
        [VALIDATOR or "", "--format", "json", str(folder)], capture_output=True, check=False
    )
    return json.loads(done.stdout)["issues"]["issues"]


def test_the_series_has_each_frame_and_nothing_where_no_face_is(tmp_path: Path) -> None:
    export_bids([talk(tmp_path)], tmp_path / "out")

    table = series(tmp_path / "out", "sub-Anna_task-faces")

    assert table.index.to_numpy() == pytest.approx([at / 10 for at in range(30)])
    assert table["smoothed_happy"].isna().tolist() == [False] * 10 + [True] * 10 + [False] * 10
    assert table["smoothed_happy"].iloc[-1] == pytest.approx(0.7)
    assert table["emotion"].iloc[-1] == HAPPY


def test_events_are_those_of_the_participant(tmp_path: Path) -> None:
    export_bids([talk(tmp_path)], tmp_path / "out", task="talking")

    path = tmp_path / "out" / "sub-Anna" / "beh" / "sub-Anna_task-talking_events.tsv"
    events = pd.read_csv(path, sep="\t", na_values="n/a")

    assert events["onset"].tolist() == [0, 1.5, 2, 2.1]
    assert events["trial_type"].tolist()[:3] == ["calm", "fun", "stimulus 3"]
    assert events["note"].iloc[1] == "with a tab"
    assert events["excluded"].tolist() == [0, 0, 0, 1]
    assert events["code"].iloc[3] == "happy"


def test_a_condition_of_the_whole_recording_is_an_event(tmp_path: Path) -> None:
    (plain,) = split_records(make(tmp_path, alone(["happy"] * 10)))
    recording = Recording("a", plain.records, columns={"condition": "fun", "participant": "P7"})

    export_bids([recording], tmp_path / "out")

    events = pd.read_csv(next((tmp_path / "out").rglob("*_events.tsv")), sep="\t")
    assert events.loc[0, ["onset", "duration", "trial_type"]].tolist() == [0, 1, "fun"]


@pytest.mark.skipif(VALIDATOR is None, reason="needs bids-validator-deno, which is not installed")
@pytest.mark.slow
def test_the_standards_validator_finds_no_error(tmp_path: Path) -> None:
    video = tmp_path / "talk.mp4"
    video.write_bytes(b"a video")
    two = [talk(tmp_path, "Anna", str(video)), talk(tmp_path, "Ben B.", str(video), age="31")]

    export_bids([*two, talk(tmp_path, "Anna", "again.mp4")], tmp_path / "out", videos=True)

    found = problems(tmp_path / "out")
    assert [it["code"] for it in found if it["severity"] == "error"] == []
    assert {it["code"] for it in found} <= {
        "SIDECAR_KEY_RECOMMENDED",
        "TOO_FEW_AUTHORS",
        "JSON_KEY_RECOMMENDED",
    }
    (tmp_path / "out" / "dataset_description.json").unlink()
    assert any(it["severity"] == "error" for it in problems(tmp_path / "out"))


def test_a_participant_of_two_recordings_has_two_runs(tmp_path: Path) -> None:
    export_bids([talk(tmp_path), talk(tmp_path, source="again.mp4")], tmp_path / "out")

    names = sorted(path.name for path in (tmp_path / "out").rglob("*_events.tsv"))
    assert names == ["sub-Anna_task-faces_run-1_events.tsv", "sub-Anna_task-faces_run-2_events.tsv"]


def test_names_become_labels_and_collisions_are_told(tmp_path: Path) -> None:
    names = ["Zoë B.", "zoe_b", "王芳"]

    dataset = export_bids(
        [talk(tmp_path, name, f"{at}.mp4") for at, name in enumerate(names)], tmp_path / "out"
    )

    assert dataset.labels == {"Zoë B.": "ZoeB", "zoe_b": "zoebx2", "王芳": "person3"}
    assert dataset.notes == ("'zoe_b' is sub-zoebx2, because another is sub-zoeb",)
    people = pd.read_csv(tmp_path / "out" / "participants.tsv", sep="\t")
    assert people["participant_id"].tolist() == ["sub-ZoeB", "sub-zoebx2", "sub-person3"]
    assert people["name"].tolist() == names
    assert people["seconds"].tolist() == pytest.approx([2] * 3)


def test_own_columns_of_participants_are_kept_where_they_hold(tmp_path: Path) -> None:
    first = talk(tmp_path, age="31", block="one")
    second = talk(tmp_path, source="again.mp4", age="31", block="two")

    export_bids([first, second], tmp_path / "out")

    people = pd.read_csv(tmp_path / "out" / "participants.tsv", sep="\t")
    assert people["age"].tolist() == [31]
    assert "block" not in people


def test_two_tracks_of_one_person_are_one_series(tmp_path: Path) -> None:
    frames = [(at / 10, [(1 if at < 5 else 2, "happy", 0.7)]) for at in range(10)]
    (both,) = split_records(make(tmp_path, frames), people={1: "Anna", 2: "Anna"})

    export_bids([both], tmp_path / "out")

    assert series(tmp_path / "out", "sub-Anna_task-faces")["person"].tolist() == [1] * 5 + [2] * 5


def test_dropped_frames_are_missing_and_do_not_slow_the_clock(tmp_path: Path) -> None:
    frames = [frame for frame in alone(["happy"] * 100, 1 / 30) if not 1 < frame[0] < 2]
    (recording,) = split_records(make(tmp_path, frames), people={1: "Anna"})

    export_bids([recording], tmp_path / "out")

    table = series(tmp_path / "out", "sub-Anna_task-faces")
    assert len(table) == 100
    gone = table.index[table["emotion"].isna()]
    assert (gone[0], gone[-1]) == pytest.approx((31 / 30, 59 / 30), abs=0.001)


def test_what_the_baseline_added_is_in_the_series(tmp_path: Path) -> None:
    records = make(tmp_path, alone(["happy"] * 3))
    extra = {"corrected_happy": ["0.9", "0.8", None], "valence": ["0.5"] * 3, "dose": ["x"] * 3}
    corrected = replace(records, extra={name: np.array(it, object) for name, it in extra.items()})

    export_bids(split_records(corrected, people={1: "Anna"}), tmp_path / "out")

    table = series(tmp_path / "out", "sub-Anna_task-faces")
    assert table["corrected_happy"].fillna(-1).tolist() == [0.9, 0.8, -1]
    assert table["valence"].tolist() == [0.5] * 3
    assert "dose" not in table


def test_photos_are_left_out_and_told(tmp_path: Path) -> None:
    (photo,) = split_records(make(tmp_path, [(0.0, [(None, "happy", 0.6)])], "photo.jpg"))

    dataset = export_bids([photo, talk(tmp_path)], tmp_path / "out")

    assert dataset.notes == ("photo.jpg: left out, because it has one frame, as a photo",)
    with pytest.raises(StudyError, match="no recording shows a face over time"):
        export_bids([photo], tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_recording_whose_clock_jumps_is_left_out_and_told(tmp_path: Path) -> None:
    frames = [*alone(["happy"] * 30), (1e9, [(1, "happy", 0.7)])]
    (jumps,) = split_records(make(tmp_path, frames, "jumps.mp4"))

    dataset = export_bids([jumps, talk(tmp_path)], tmp_path / "out")

    assert dataset.notes == (
        "jumps.mp4: left out, because its times jump: 31 frames in 1000000000 s",
    )


def test_videos_are_copied_if_asked_and_found(tmp_path: Path) -> None:
    video = tmp_path / "talk.MP4"
    video.write_bytes(b"a video")

    dataset = export_bids(
        [talk(tmp_path, source=str(video)), talk(tmp_path, "Ben", "gone.mp4")],
        tmp_path / "out",
        videos=True,
    )

    (copy,) = (tmp_path / "out").rglob("*_video.mp4")
    assert copy.read_bytes() == b"a video"
    assert "*_video.*" in (tmp_path / "out" / ".bidsignore").read_text()
    assert dataset.notes == ("gone.mp4: its video was not found, so it is not copied",)


def test_the_same_recordings_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        export_bids([talk(tmp_path)], tmp_path / name)

    one, two = (
        sorted(it for it in (tmp_path / n).rglob("*") if it.is_file()) for n in ["one", "two"]
    )
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_a_folder_with_files_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")

    with pytest.raises(StudyError, match="it exists already; choose another with --out"):
        export_bids([talk(tmp_path)], tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StudyError, match="cannot be written"):
        export_bids([talk(tmp_path)], tmp_path / "file" / "out")


@pytest.mark.parametrize("task", ["", "two words", "a_b", "é"])
def test_a_task_that_is_no_label_is_refused(task: str, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="one word of letters and digits"):
        export_bids([talk(tmp_path)], tmp_path / "out", task=task)


names = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=8, unique=True)


@given(names)
def test_any_names_have_labels_of_their_own(names: list[str]) -> None:
    notes: list[str] = []

    labels = make_labels(names, notes)

    assert list(labels) == names
    assert all(re.fullmatch(r"[0-9A-Za-z]+", label) for label in labels.values())
    assert len({label.casefold() for label in labels.values()}) == len(names)
    assert len(notes) < len(names)
