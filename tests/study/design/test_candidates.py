from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien.errors import StudyError
from mien.study.design.candidates import find_candidates
from mien.study.recording import load_recordings
from tests.study.design.studies import save, save_two
from tests.study.summary.studies import probabilities, record


def test_stretches_cover_the_time_in_which_a_face_is_usable(tmp_path: Path) -> None:
    path = save(tmp_path / "talk.csv", [(4, "happy"), (4, None), (3, "sad")])
    found = find_candidates(load_recordings([path]), 2)
    assert [it.start for it in found.windows] == pytest.approx([0, 2, 8, 10])
    assert [it.end for it in found.windows] == pytest.approx([2, 4, 10, 11])
    best = [found.labels[row.argmax()] for row in found.predicted]
    assert best == ["happy", "happy", "sad", "sad"]


def test_figures_are_means_over_time(tmp_path: Path) -> None:
    path = save(tmp_path / "talk.csv", [(1.4, "happy"), (0.6, "sad"), (2, "sad")])
    found = find_candidates(load_recordings([path]), 2)
    happy = found.predicted[:, found.labels.index("happy")]
    assert happy == pytest.approx([0.7 * 0.7 + 0.3 * 0.05, 0.05], abs=1e-5)
    assert found.predicted.sum(axis=1) == pytest.approx(1)


def test_a_change_of_label_within_and_doubt_tell_more(tmp_path: Path) -> None:
    spans = [(3, "happy"), (3, "sad"), (2, "sad")]  # a change within, and one at the edge
    sure = save(tmp_path / "sure.csv", spans, top=0.97)
    doubtful = save(tmp_path / "doubtful.csv", [(2, "happy"), (2, "sad")], top=0.4)
    found = find_candidates(load_recordings([sure, doubtful]), 2)
    assert (found.scores > 1).tolist() == [False, True, False, False, False, False]
    assert found.scores[4] > found.scores[0]
    certain = probabilities([1.0] * 20)
    assert find_candidates([record("a", certain)], 2).scores == pytest.approx(0)


def test_the_condition_is_the_one_that_holds_longer(tmp_path: Path) -> None:
    path = save(tmp_path / "talk.csv", [(6, "sad")], conditions="0,2.4,rest\n2.4,2,joy\n")
    found = find_candidates(load_recordings([path]), 2)
    assert [it.condition for it in found.windows] == ["rest", "joy", ""]


def test_people_have_their_names_and_tracks(tmp_path: Path) -> None:
    found = find_candidates(load_recordings(save_two(tmp_path)), 2)
    assert {(it.recording, it.person, it.track) for it in found.windows} == {
        ("anna.mp4", "Anna", 1),
        ("ben.mp4", "Ben", 1),
    }
    assert found.conditions == ("rest", "joy")


def test_faces_that_are_not_usable_are_left_out() -> None:
    turned = record("a", probabilities([0.5] * 40), yaw=[0] * 20 + [80] * 20)
    assert [it.end for it in find_candidates([turned], 2).windows] == pytest.approx([2])


def test_photos_alone_and_other_labels_are_one_error() -> None:
    photo = record("photo.jpg", probabilities([0.5]), interval=0)
    with pytest.raises(StudyError, match=r"no stretch of 2 s .* give records of videos"):
        find_candidates([photo], 2)
    video = record("a", probabilities([0.5] * 20))
    other = replace(video, name="b", records=replace(video.records, labels=tuple("abcdefg")))
    with pytest.raises(StudyError, match=r"b: has the labels a, b.*records of one model"):
        find_candidates([video, other], 2)


@pytest.mark.parametrize("seconds", [0.3, 0.7, 1 / 3, 2.0])
def test_each_record_is_in_one_stretch(seconds: float) -> None:
    values = np.linspace(0.1, 0.9, 101)
    found = find_candidates([record("a", probabilities(list(values)))], seconds)
    starts = np.array([it.start for it in found.windows])
    assert np.diff(starts) == pytest.approx(seconds)
    lengths = [it.end - it.start for it in found.windows]
    assert sum(lengths) == pytest.approx(10.1, abs=seconds / 2 + 0.05)
