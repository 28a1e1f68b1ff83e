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
from tests.study.agreement.studies import code, film

LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
NONE = 7


class Coders:
    """Stands for a coding of two coders."""

    labels = LABELS
    coders = ("anna", "ben")


def segment(onset: float, end: float, label: str = "happy") -> Segment:
    return Segment(onset, end, LABELS.index(label))


def count(
    first: Sequence[Segment],
    second: Sequence[Segment],
    tolerance: float = 0.5,
    uncoded: str | None = "neutral",
) -> dict[tuple[str, str], int]:
    """The counts that are not 0, by the labels of both."""
    rated = [RatedSegments("P1", (tuple(first), tuple(second)))]
    counts = count_segments(rated, ["P1"], (0, 1), Coders, tolerance, uncoded)[0]
    names = (*LABELS, "none")
    return {
        (names[one], names[other]): int(counts[one, other]) for one, other in np.argwhere(counts)
    }


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


def test_neutral_is_no_expression() -> None:
    assert count([segment(0, 5, "neutral")], [segment(0, 5, "neutral")]) == {}
    assert count([segment(0, 5, "neutral")], [segment(0, 5)]) == {("none", "happy"): 1}


def test_uncoded_time_judges_nothing_unless_it_has_a_label() -> None:
    """Anna coded two seconds; what Ben found later may be right."""
    anna, ben = [segment(0, 2)], [segment(0, 2), segment(5, 6, "sad")]
    assert count(anna, ben, uncoded=None) == {("happy", "happy"): 1}
    assert count(anna, ben) == {("happy", "happy"): 1, ("none", "sad"): 1}


def test_time_that_is_coded_neutral_judges() -> None:
    anna, ben = [segment(0, 9, "neutral")], [segment(5, 6, "sad")]
    assert count(anna, ben, uncoded=None) == {("none", "sad"): 1}


def test_moments_are_compared_by_their_time() -> None:
    assert count([segment(1, 1)], [segment(1.4, 1.4)]) == {("happy", "happy"): 1}


def test_touching_codes_of_one_label_are_one_segment(tmp_path: Path) -> None:
    recording = film(tmp_path, [(3, "happy"), (1, "sad"), (0.1, "fear"), (1, "sad")])
    codes = code("anna", [(1, "happy"), (1, "happy"), (0.5, ""), (2, "happy")])
    anna, mien = rate_segments(assign_codes([recording], codes, {}))[0].segments
    assert anna == (segment(0, 2), segment(2.5, 4.5))
    spans = [(it.onset, round(it.end, 6), LABELS[it.label]) for it in mien]
    assert spans == [(0, 3, "happy"), (3, 5.1, "sad")]  # a tenth of a second of fear is flicker


def test_excluded_time_has_no_segments(tmp_path: Path) -> None:
    recording = film(tmp_path, [(1, "happy"), (2, "sad")], events=[Event(0.5, 0.2, excluded=True)])
    codes = code("anna", [(1, "happy"), (2, "sad")])
    anna, mien = rate_segments(assign_codes([recording], codes, {}))[0].segments
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
