from dataclasses import replace

import numpy as np
import pytest

from mien.errors import StudyError
from mien.study.baseline import find_baselines
from mien.study.events import Event
from mien.study.recording import Recording
from mien.study.summary.observations import observe
from tests.study.summary.studies import probabilities, record

STILL = probabilities([0.2] * 20)


def two_at_once(name: str, people: dict[int, str]) -> Recording:
    """A recording whose participant is named, and which shows two faces in every frame."""
    rows = record(name, np.repeat(STILL, 2, axis=0)).records
    rows = replace(rows, time=np.repeat(np.arange(20) / 10, 2), person=np.tile([1, 2], 20))
    return Recording(name, rows, people, (), {"participant": "Anna"})


def test_different_labels_are_refused() -> None:
    eight = probabilities([0.2] * 20)
    labels = ("angry", "contempt", "fear", "happy", "sad", "surprise", "neutral")

    with pytest.raises(StudyError, match=r"b\.mp4: has the labels angry, contempt.* and a\.mp4"):
        observe([record("a.mp4", STILL), record("b.mp4", eight, labels=labels)], None, None)


def test_two_faces_of_one_name_at_once_leave_a_recording_out() -> None:
    observations, notes = observe([two_at_once("pair.mp4", {}), record("a.mp4", STILL)], None, None)

    assert [it.track.recording.name for it in observations] == ["a.mp4"]
    assert notes[0].startswith("pair.mp4 is left out: it shows two faces at once as 'Anna'")


def test_named_faces_are_told_apart() -> None:
    observations, _ = observe([two_at_once("pair.mp4", {2: "experimenter"})], None, None)

    assert [it.person for it in observations] == ["Anna", "experimenter"]


def test_nothing_but_doubled_names_is_refused() -> None:
    with pytest.raises(StudyError, match="two faces at once as 'Anna'"):
        observe([two_at_once("pair.mp4", {})], None, None)


def test_photos_beside_videos_are_left_out_and_counted() -> None:
    photos = [record(f"{at}.jpg", STILL[:1], interval=0) for at in range(2)]

    observations, notes = observe([*photos, record("a.mp4", STILL)], None, None)

    assert [it.track.recording.name for it in observations] == ["a.mp4"]
    assert any(note.startswith("2 photos") for note in notes)


def test_no_usable_record_is_refused() -> None:
    with pytest.raises(StudyError, match="no record is usable"):
        observe([record("a.mp4", STILL, yaw=[80] * 20)], None, None)


def test_recordings_without_a_face_are_refused() -> None:
    with pytest.raises(StudyError, match="no record is usable"):
        observe([record("a.mp4", STILL, absent=range(20))], None, None)


def test_doubtful_events_are_told_ten_at_most() -> None:
    events = [Event(100.0 + at, name=f"late {at}") for at in range(12)]

    _, notes = observe([record("a.mp4", STILL, events=events)], None, None)

    assert "a.mp4: 'late 0' at 100 s lies outside the recording" in notes[0]
    assert notes[10] == "2 more events are doubtful"


def test_who_has_no_baseline_is_told() -> None:
    rest = [Event(0.0, 1.0, name="baseline")]
    anna = record("a.mp4", STILL, person="Anna", events=rest)
    ben = record("b.mp4", STILL, person="Ben")
    baselines = find_baselines([anna, ben], rest=False)

    assert "no baseline of Ben: " in observe([anna, ben], baselines, None)[1][-1]
    assert observe([anna], baselines, None)[1] == []
    assert observe([anna, ben], None, None)[1] == [
        "no baseline: corrected probabilities equal the raw ones"
    ]
