"""Coders and Mien on one grid of time."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.study.agreement.alignment import MISSING, Grid, count_pairs, rate_steps
from mien.study.agreement.coded import assign_codes
from mien.study.baseline import Baseline
from mien.study.events import Event
from mien.study.measures import measure
from mien.study.recording import Recording, split_records
from tests.reporting import rows
from tests.study.agreement.studies import code, film

LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


def rate(recording: Recording, codes, step: float = 0.1, uncoded: str | None = None):
    return rate_all([recording], codes, step, uncoded)[0]


def rate_all(recordings, codes, step: float = 0.1, uncoded: str | None = None, baselines=None):
    measured = {part.track: part for part in measure(recordings, baselines=baselines)}
    return rate_steps(assign_codes(recordings, codes, {}), measured, step, uncoded)


def names(labels: np.ndarray) -> list[str]:
    return [LABELS[label] if label >= 0 else "-" for label in labels]


def test_each_step_has_the_labels_that_hold_in_its_middle(tmp_path: Path) -> None:
    recording = film(tmp_path, [(0.5, "happy"), (0.5, "sad")])
    codes = code("anna", [(0.6, "happy"), (0.4, "angry")])
    anna, mien = rate(recording, codes, 0.1).labels
    assert names(mien) == ["happy"] * 5 + ["sad"] * 5
    assert names(anna) == ["happy"] * 6 + ["angry"] * 4


def test_the_step_not_the_frame_rate_says_how_much_counts(tmp_path: Path) -> None:
    """The first second has three frames, the other ten."""
    frames = [(at, [(1, "happy", 0.7)]) for at in (0, 0.4, 0.8)]
    frames += [(1 + at / 10, [(1, "sad", 0.7)]) for at in range(10)]
    recording = split_records(rows.make(tmp_path, frames))[0]
    mien = names(rate(recording, code("anna", [(2, "happy")]), 0.25).labels[-1])
    assert mien == ["happy"] * 4 + ["sad"] * 4


def test_out_of_view_unsure_and_excluded_are_missing(tmp_path: Path) -> None:
    away = [(1, "happy", 0.7)]
    frames = [(at / 10, [] if 10 <= at < 20 else away) for at in range(40)]
    frames[30:] = [(at / 10, [(1, "unsure", 0.3)]) for at in range(30, 40)]
    out = Event(0, 0.5, excluded=True)
    recording = split_records(rows.make(tmp_path, frames), [out])[0]
    rating = rate(recording, code("anna", [(4, "happy")]), 0.5)
    anna, mien = rating.labels
    assert names(mien) == ["-", "happy", "-", "-", "happy", "happy", "-", "-"]
    assert names(anna) == ["-"] + ["happy"] * 7
    assert np.isnan(rating.probabilities).all(axis=1).tolist() == (mien == MISSING).tolist()


def test_unusable_records_are_missing(tmp_path: Path) -> None:
    recording = film(tmp_path, [(1, "happy")])
    recording.records.score[5:] = 0.2  # hardly a face
    assert (
        names(rate(recording, code("anna", [(1, "happy")])).labels[-1]) == ["happy"] * 5 + ["-"] * 5
    )


def test_after_a_baseline_the_most_probable_label_counts(tmp_path: Path) -> None:
    """A face that always looks a little sad: its sadness is taken off."""
    recording = film(tmp_path, [(1, "sad")])
    shift = np.zeros(7)
    shift[LABELS.index("sad")] = 5
    baseline = Baseline(shift, np.zeros(7), looks=1e6, origin="test")
    (rating,) = rate_all(
        [recording], code("anna", [(1, "happy")]), baselines={"talk.mp4 person 1": baseline}
    )
    assert "sad" not in names(rating.labels[-1])
    assert rating.probabilities[:, LABELS.index("sad")].max() < 0.1


def test_uncoded_time_is_missing_unless_it_is_given_a_label(tmp_path: Path) -> None:
    recording = film(tmp_path, [(1, "happy")])
    codes = code("anna", [(0.3, "happy"), (0.4, ""), (0.3, "sad")])
    assert names(rate(recording, codes).labels[0]) == ["happy"] * 3 + ["-"] * 4 + ["sad"] * 3
    anna = rate(recording, codes, uncoded="neutral").labels[0]
    assert names(anna) == ["happy"] * 3 + ["neutral"] * 4 + ["sad"] * 3


def test_a_person_whom_a_coder_never_coded_stays_missing(tmp_path: Path) -> None:
    both = [(at / 10, [(1, "happy", 0.7), (2, "sad", 0.7)]) for at in range(10)]
    recording = split_records(rows.make(tmp_path, both), people={1: "P1", 2: "P2"})[0]
    codes = [
        *code("anna", [(1, "happy")], person="P1"),
        *code("ben", [(1, "sad")], person="P2"),
    ]
    first, second = rate_all([recording], codes, uncoded="neutral")
    assert (first.person, set(names(first.labels[1]))) == ("P1", {"-"})
    assert (second.person, set(names(second.labels[0]))) == ("P2", {"-"})


def test_contradictions_of_one_coder_are_missing(tmp_path: Path) -> None:
    codes = [*code("anna", [(0.6, "happy")]), *code("anna", [(0.6, "sad")], 0.4)]
    anna = rate(film(tmp_path, [(1, "happy")]), codes).labels[0]
    assert names(anna) == ["happy"] * 4 + ["-"] * 2 + ["sad"] * 4


def test_a_moment_codes_the_step_that_it_falls_in(tmp_path: Path) -> None:
    codes = [Event(0.35, code="happy", author="anna"), Event(0.7, code="sad", author="anna")]
    anna = rate(film(tmp_path, [(1, "happy")]), codes).labels[0]
    assert {step: name for step, name in enumerate(names(anna)) if name != "-"} == {
        3: "happy",
        7: "sad",
    }


def test_a_photo_is_one_step(tmp_path: Path) -> None:
    photo = split_records(rows.make(tmp_path, [(0, [(None, "happy", 0.7)])], "a.jpg"))[0]
    anna, mien = rate(photo, [Event(0, code="sad", author="anna")]).labels
    assert (names(anna), names(mien)) == (["sad"], ["happy"])


@given(st.floats(0, 1e5), st.floats(0.01, 500), st.floats(0.01, 1))
def test_steps_cover_a_recording_once(start: float, seconds: float, step: float) -> None:
    middles = Grid.over(start, start + seconds, step).times
    assert middles[0] - step / 2 == pytest.approx(start)
    assert np.diff(middles) == pytest.approx(step)
    rest = start + seconds - (middles[-1] - step / 2)
    assert rest >= -1e-6
    assert rest <= step + 1e-6


def test_counts_are_a_matrix_a_person(tmp_path: Path) -> None:
    recordings = [
        film(tmp_path, [(1, "happy")], "a.mp4", people={1: "P1"}),
        film(tmp_path, [(1, "sad")], "b.mp4", people={1: "P2"}),
        film(tmp_path, [(1, "happy")], "c.mp4", people={1: "P1"}),
    ]
    codes = [it for name in "abc" for it in code("anna", [(1, "happy")], recording=f"{name}.mp4")]
    counts = count_pairs(rate_all(recordings, codes), ("P1", "P2"), (0, 1), 7)
    happy, sad = LABELS.index("happy"), LABELS.index("sad")
    assert counts[0, happy, happy] == 20
    assert counts[1, happy, sad] == 10
    assert counts.sum() == 30
