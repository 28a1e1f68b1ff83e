from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.emotions import EMOTIONS
from mien.emotions import UNSURE as UNSURE_LABEL
from mien.inference.records.table import join
from mien.study.timeline import (
    STAY_SECONDS,
    Timeline,
    Video,
    count_transitions,
    find_key_moments,
    find_segments,
    find_videos,
    gap_limit,
    pick_rows,
    usual_interval,
    weight_records,
)
from tests.reporting.rows import alone, make

LABELS = (*EMOTIONS, UNSURE_LABEL)
HAPPY, SAD, NEUTRAL, UNSURE = (LABELS.index(it) for it in ("happy", "sad", "neutral", "unsure"))


def video(folder: Path, frames: list) -> Video:
    (only,) = find_videos(make(folder, frames))
    return only


def person(folder: Path, frames: list) -> Timeline:
    (only,) = video(folder, frames).people
    return only


def labelled(timeline: Timeline) -> list[tuple[str, float, float]]:
    return [(LABELS[it.label], round(it.start, 6), round(it.end, 6)) for it in timeline.segments]


def test_shares_are_of_time_and_not_of_frames(tmp_path: Path) -> None:
    times = [0.0, 0.1, 0.2, 0.3, 0.7]  # happy: 4 frames, 0.7 s; sad: 1 frame, one usual interval
    labels = ["happy"] * 4 + ["sad"]
    found = person(tmp_path, [(t, [(1, it, 0.6)]) for t, it in zip(times, labels, strict=True)])
    assert found.label_seconds[HAPPY] == pytest.approx(0.7)
    assert found.label_seconds[SAD] == pytest.approx(0.1)
    assert found.visible == pytest.approx(0.8)


@pytest.mark.parametrize("rate", [15, 30, 60])
def test_every_frame_rate_gives_the_same_seconds(rate: int, tmp_path: Path) -> None:
    labels = ["neutral"] * rate + ["happy"] * 2 * rate + ["unsure"] * rate
    found = person(tmp_path, alone(labels, 1 / rate))
    seconds = found.label_seconds
    assert seconds[[NEUTRAL, HAPPY, UNSURE]] == pytest.approx([1, 2, 1], abs=1e-4)
    assert labelled(found) == [
        ("neutral", 0, 1),
        ("happy", 1, 3),
        ("unsure", 3, pytest.approx(4, abs=1e-4)),
    ]


def test_no_time_counts_within_a_gap(tmp_path: Path) -> None:
    found = person(tmp_path, alone(["happy"] * 10 + [None] * 20 + ["sad"] * 10))
    assert found.visible == pytest.approx(2)
    assert found.parts.tolist() == [0, 10]
    assert labelled(found) == [("happy", 0, 1), ("sad", 3, 4)]
    assert not count_transitions(found.segments, 8).any()


def test_an_absence_within_the_limit_is_no_gap(tmp_path: Path) -> None:
    found = person(tmp_path, alone(["happy"] * 10 + [None] * 4 + ["sad"] * 10))
    assert found.visible == pytest.approx(2.4)
    assert count_transitions(found.segments, 8)[HAPPY, SAD] == 1


def test_a_slow_source_has_a_longer_limit(tmp_path: Path) -> None:
    found = video(tmp_path, alone(["happy", "happy", None, "happy"], 10))
    assert found.interval == pytest.approx(10)
    assert found.people[0].visible == pytest.approx(40)
    assert gap_limit(0.04) == 0.5
    assert gap_limit(10) == 30


def test_flicker_is_no_transition(tmp_path: Path) -> None:
    labels = [*["neutral"] * 10, "happy", *["neutral"] * 10, *["happy"] * 5, "sad", "neutral"]
    found = person(tmp_path, alone(labels))
    assert [label for label, *_ in labelled(found)] == ["neutral", "happy"]
    counts = count_transitions(found.segments, 8)
    assert counts.shape == (8, 8)
    assert counts.sum() == counts[NEUTRAL, HAPPY] == 1


def test_flicker_at_the_start_belongs_to_what_follows(tmp_path: Path) -> None:
    found = person(tmp_path, alone(["sad", "happy", *["neutral"] * 10]))
    assert labelled(found) == [("neutral", 0, 1.2)]


def test_a_part_with_flicker_only_has_its_longest_label(tmp_path: Path) -> None:
    found = person(tmp_path, alone(["sad", "happy", "sad", "happy", "sad"]))
    assert labelled(found) == [("sad", 0, 0.5)]


def test_key_moments_are_the_highest_peaks(tmp_path: Path) -> None:
    tops = [0.5] * 10 + [0.6, 0.9, 0.7] + [0.5] * 10 + [0.6, 0.8, 0.95] + [0.3] * 5
    labels = ["neutral"] * 10 + ["happy"] * 3 + ["neutral"] * 10 + ["happy"] * 3 + ["unsure"] * 5
    frames = [
        (at / 10, [(1, label, top)])
        for at, (label, top) in enumerate(zip(labels, tops, strict=True))
    ]
    found = person(tmp_path, frames)
    neutral, happy = find_key_moments(found)
    assert (LABELS[neutral.label], neutral.peak_time) == ("neutral", 0)
    assert (LABELS[happy.label], happy.peak_time, happy.peak_row) == ("happy", 2.5, 25)
    assert happy.peak == pytest.approx(0.95)
    assert (happy.start, happy.end) == pytest.approx((2.3, 2.6))


def test_each_source_has_its_own_people(tmp_path: Path) -> None:
    both = [(at / 10, [(2, "happy", 0.6), (7, "sad", 0.6)]) for at in range(5)]
    first, second = make(tmp_path, both, "b.mp4"), make(tmp_path, both[:3], "a.mp4")
    videos = find_videos(join([first, second]))
    assert [it.source for it in videos] == ["b.mp4", "a.mp4"]
    assert [[person.person for person in it.people] for it in videos] == [[2, 7], [2, 7]]
    assert [it.frames for it in videos] == [5, 3]
    assert [len(it.people[0].rows) for it in videos] == [5, 3]


def test_faces_without_a_person_id_and_empty_frames_give_no_timeline(tmp_path: Path) -> None:
    found = video(tmp_path, [(0.0, [(None, "happy", 0.6)]), (0.1, []), (0.2, [])])
    assert found.people == ()
    assert (found.start, found.frames) == (0, 3)
    assert found.end == pytest.approx(0.3)


def test_no_records_make_no_videos(tmp_path: Path) -> None:
    assert find_videos(make(tmp_path, [])) == []


def test_one_frame_gives_one_segment_of_no_length(tmp_path: Path) -> None:
    found = person(tmp_path, alone(["happy"]))
    assert found.visible == 0
    assert labelled(found) == [("happy", 0, 0)]


def test_frames_out_of_order_are_put_in_order(tmp_path: Path) -> None:
    frames = alone(["happy"] * 10 + ["sad"] * 10)
    assert labelled(person(tmp_path, frames[::-1])) == labelled(person(tmp_path, frames))


times = st.lists(st.floats(0, 50), min_size=1, max_size=60).map(lambda it: np.array(sorted(it)))


@given(times=times, interval=st.floats(0, 2))
def test_weights_agree_with_a_plain_loop(times: np.ndarray, interval: float) -> None:
    seconds, parts = weight_records(times, interval)
    limit, expected, starts = gap_limit(interval), [], [0]
    for at in range(len(times)):
        step = times[at + 1] - times[at] if at + 1 < len(times) else None
        expected.append(interval if step is None or step > limit else step)
        if step is not None and step > limit:
            starts.append(at + 1)
    assert seconds.tolist() == expected
    assert parts.tolist() == starts


@given(times=times, data=st.data())
def test_segments_cover_every_record_once(times: np.ndarray, data: st.DataObject) -> None:
    size = len(times)
    label = np.array(data.draw(st.lists(st.integers(0, 7), min_size=size, max_size=size)), np.int8)
    values = np.random.default_rng(size).random((size, 7), np.float32)
    seconds, parts = weight_records(times, 0.04)
    found = list(find_segments(times, label, values, seconds, parts))
    starts = [segment.start for segment in found]
    assert starts == sorted(starts)
    assert starts[0] == times[0]
    assert sum(segment.end - segment.start for segment in found) == pytest.approx(seconds.sum())
    for segment, after in pairwise(found):
        assert segment.end <= after.start
        if segment.end == after.start:
            assert segment.label != after.label
    for segment in found:
        row, label_of = segment.peak_row, segment.label
        assert segment.start <= segment.peak_time == times[row]
        top = values[row].max() if label_of == UNSURE else values[row, label_of]
        assert segment.peak == top


def test_a_label_that_holds_just_long_enough_starts_a_segment() -> None:
    label = np.array([6, 6, 6, 3, 6, 6, 6], np.int8)
    times = np.arange(7) * STAY_SECONDS
    seconds, parts = weight_records(times, STAY_SECONDS)
    found = find_segments(times, label, np.eye(7, dtype=np.float32), seconds, parts)
    assert [one.label for one in found] == [6, 3, 6]


@given(times=times, width=st.floats(0.01, 20))
def test_picked_rows_keep_every_peak(times: np.ndarray, width: float) -> None:
    values = np.random.default_rng(len(times)).random((len(times), 7)).round(1).astype(np.float32)
    _, parts = weight_records(times, 0.04)
    rows = pick_rows(times, values, parts, width)
    bins = np.floor((times - times[0]) / width)
    assert rows.tolist() == sorted(set(rows.tolist()))
    assert set(parts) <= set(rows)
    assert len(rows) <= 7 * len(set(bins)) + 2 * len(parts)
    for number in set(bins):
        inside = rows[bins[rows] == number]
        assert values[inside].max(axis=0).tolist() == values[bins == number].max(axis=0).tolist()


def test_the_usual_interval_is_the_median_of_frames() -> None:
    assert usual_interval(np.array([0, 0, 0.1, 0.1, 0.2, 5.2])) == pytest.approx(0.1)
    assert usual_interval(np.array([3.0, 3.0])) == 0


def test_smoothed_probabilities_are_displayed_where_there_are_any(tmp_path: Path) -> None:
    records = make(tmp_path, alone(["happy"] * 3))
    records.smoothed[1] = np.nan
    records.raw[:] = 0.125
    (only,) = find_videos(records)[0].people
    assert only.displayed[:, HAPPY] == pytest.approx([0.7, 0.125, 0.7])
