"""Segments of two raters: which are the same expression."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mien.study.agreement.coded import assign_codes
from mien.study.agreement.segments import (
    RatedSegments,
    Segment,
    count_segments,
    rate_segments,
)
from mien.study.events import Event
from mien.study.measures import measure
from mien.study.recording import Recording, split_records
from mien.study.segments import find_expressions, to_events
from tests.reporting import rows
from tests.study.agreement.studies import code, film

LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
NONE = 7


def segment(onset: float, end: float, label: str = "happy") -> Segment:
    return Segment(onset, end, LABELS.index(label))


def count(
    first: Sequence[Segment],
    second: Sequence[Segment],
    tolerance: float = 0.5,
    seen: Sequence[Segment] | None = None,
) -> dict[tuple[str, str], int]:
    """The counts that are not 0, by the labels of both; the first rater saw `seen`, or all."""
    both = (tuple(first), tuple(second))
    rated = [RatedSegments("P1", both, (None if seen is None else tuple(seen), None))]
    counts = count_segments(rated, ["P1"], (0, 1), NONE, tolerance)[0]
    names = (*LABELS, "none")
    return {
        (names[one], names[other]): int(counts[one, other]) for one, other in np.argwhere(counts)
    }


def rate(recording: Recording, codes: Sequence[Event], uncoded: str | None = None) -> RatedSegments:
    measured = {part.track: part for part in measure([recording])}
    return rate_segments(assign_codes([recording], codes, {}), measured, uncoded)[0]


def test_onset_and_offset_must_both_be_within_the_tolerance() -> None:
    first = [segment(1, 3)]
    assert count(first, [segment(1.5, 2.5)]) == {("happy", "happy"): 1}
    late = count(first, [segment(1.5, 3.6)])
    assert late == {("happy", "none"): 1, ("none", "happy"): 1}
    assert count(first, [segment(1.5, 3.6)], tolerance=0.6) == {("happy", "happy"): 1}


def test_another_label_at_the_same_time_is_a_confusion() -> None:
    assert count([segment(1, 3)], [segment(1.2, 3, "sad")]) == {("happy", "sad"): 1}


def test_the_same_label_is_linked_first() -> None:
    found = count([segment(1, 2)], [segment(0.9, 2, "sad"), segment(1.3, 2.2)])
    assert found == {("happy", "happy"): 1, ("none", "sad"): 1}


def test_each_segment_is_linked_once() -> None:
    found = count([segment(1, 1.4), segment(1.5, 2)], [segment(1.2, 1.7)])
    assert found == {("happy", "happy"): 1, ("happy", "none"): 1}


def test_what_the_other_rater_did_not_see_is_not_judged() -> None:
    """Anna coded two seconds; what Ben found later may be right."""
    anna, ben = [segment(0, 2)], [segment(0, 2), segment(5, 6, "sad")]
    assert count(anna, ben, seen=anna) == {("happy", "happy"): 1}
    assert count(anna, ben) == {("happy", "happy"): 1, ("none", "sad"): 1}


def test_moments_are_compared_by_their_time() -> None:
    assert count([segment(1, 1)], [segment(1.4, 1.4)]) == {("happy", "happy"): 1}


def test_touching_codes_of_one_label_are_one_expression(tmp_path: Path) -> None:
    codes = code("anna", [(1, "happy"), (1, "happy"), (0.5, ""), (2, "happy")])
    anna, _ = rate(film(tmp_path, [(5, "happy")]), codes).expressions
    assert anna == (segment(0, 2), segment(2.5, 4.5))


def test_miens_expressions_are_those_that_it_exports(tmp_path: Path) -> None:
    spans = [(1, "neutral"), (2, "happy"), (0.1, "fear"), (2, "sad"), (1, "neutral")]
    recording = film(tmp_path, spans)
    exported = to_events(find_expressions(measure([recording])[0]))
    _, mien = rate(recording, code("anna", [(1, "happy")])).expressions
    assert [(it.onset, LABELS[it.label]) for it in mien] == [(1, "happy"), (3.1, "sad")]
    assert [(it.onset, it.end) for it in mien] == [(it.onset, it.end) for it in exported]


def test_neutral_is_seen_and_no_expression(tmp_path: Path) -> None:
    codes = code("anna", [(2, "neutral"), (1, "happy"), (1, "")])
    recording = film(tmp_path, [(4, "happy")])
    rated = rate(recording, codes)
    assert rated.expressions[0] == (segment(2, 3),)
    assert rated.seen[0] == (segment(0, 2, "neutral"), segment(2, 3))
    assert rate(recording, codes, "neutral").seen[0] is None


def test_mien_sees_where_faces_are_usable(tmp_path: Path) -> None:
    times = [*range(10), *range(30, 40)]
    frames = [(at / 10, [(1, "sad", 0.7)] if at in times else []) for at in range(40)]
    recording = split_records(rows.make(tmp_path, frames))[0]
    mien = rate(recording, code("anna", [(4, "sad")])).seen[-1]
    assert [(it.onset, round(it.end, 6)) for it in mien] == [(0, 1), (3, 4)]


def test_excluded_time_has_no_expressions(tmp_path: Path) -> None:
    excluded = [Event(0.5, 0.2, excluded=True)]
    recording = film(tmp_path, [(1, "happy"), (2, "sad")], events=excluded)
    anna, mien = rate(recording, code("anna", [(1, "happy"), (2, "sad")])).expressions
    assert [LABELS[it.label] for it in anna] == ["sad"]
    assert [LABELS[it.label] for it in mien] == ["sad"]


spans = st.lists(
    st.tuples(st.floats(0.1, 3), st.floats(0, 2), st.sampled_from(LABELS[:3])), max_size=6
)


def lay_out(spans: Sequence[tuple[float, float, str]]) -> list[Segment]:
    """Segments one after the other, with gaps."""
    time, segments = 0.0, []
    for seconds, gap, label in spans:
        segments.append(segment(time, time + seconds, label))
        time += seconds + gap
    return segments


@given(spans, spans)
def test_every_segment_is_counted_once(first, second) -> None:
    one, other = lay_out(first), lay_out(second)
    counts = count(one, other)
    assert sum(n for (label, _), n in counts.items() if label != "none") == len(one)
    assert sum(n for (_, label), n in counts.items() if label != "none") == len(other)


@given(spans, spans)
def test_raters_can_be_swapped(first, second) -> None:
    """The same number is agreed on; who is the reference does not matter."""
    agreed = [
        sum(n for (one, other), n in count(*pair).items() if one == other)
        for pair in (
            (lay_out(first), lay_out(second)),
            (lay_out(second), lay_out(first)),
        )
    ]
    assert agreed[0] == agreed[1]


@given(spans, st.floats(0, 0.4))
def test_a_shift_within_the_tolerance_changes_nothing(first, shift: float) -> None:
    one = lay_out(first)
    other = [Segment(it.onset + shift, it.end + shift, it.label) for it in one]
    counts = count(one, other)
    assert all(label == same for label, same in counts)
    assert sum(counts.values()) == len(one)
