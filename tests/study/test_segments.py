from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.study.events import Event
from mien.study.measures import measure
from mien.study.segments import ENTER, LEAVE, STAY, Expression, find_expressions, to_events
from tests.study.faces import mix, recording

CALM, SMILE, FAINT = mix(neutral=0.9), mix(happy=0.9), mix(happy=0.5, neutral=0.45)


def expressions(rows: list, events: tuple[Event, ...] = ()) -> tuple[Expression, ...]:
    return find_expressions(measure([recording(rows, events)])[0])


def test_onset_apex_and_offset() -> None:
    """It rises over half a second, peaks, and falls; times are those of the records."""
    rising = [mix(happy=share, neutral=0.95 - share) for share in (0.45, 0.55, 0.7, 0.8)]
    rows = [CALM] * 10 + rising + [SMILE] * 3 + rising[::-1] + [CALM] * 10

    (smile,) = expressions(rows)

    assert smile.label == "happy"
    assert smile.onset == pytest.approx(1.0)
    assert smile.apex == pytest.approx(1.4)
    assert smile.offset == pytest.approx(2.1)
    assert smile.peak == pytest.approx(0.9, abs=1e-6)
    assert (smile.person, smile.recording) == ("Anna", "talk.mp4")


def test_a_flash_is_no_expression() -> None:
    assert expressions([CALM] * 10 + [SMILE] * 2 + [CALM] * 10) == ()


def test_a_short_dip_does_not_split_an_expression() -> None:
    (smile,) = expressions([CALM] * 5 + [SMILE] * 10 + [CALM] * 2 + [SMILE] * 10 + [CALM] * 5)

    assert smile.duration == pytest.approx(2.2)


def test_a_faint_expression_alone_starts_nothing_and_ends_nothing() -> None:
    assert expressions([FAINT] * 30) == ()
    (smile,) = expressions([CALM] * 5 + [SMILE] * 5 + [FAINT] * 10 + [CALM] * 5)
    assert smile.duration == pytest.approx(1.5)


def test_a_gap_and_an_exclusion_end_an_expression() -> None:
    gap = expressions([SMILE] * 10 + [None] * 10 + [SMILE] * 10)
    excluded = expressions([SMILE] * 30, (Event(1, 1, excluded=True),))

    for first, second in (gap, excluded):
        assert first.offset == pytest.approx(1.0)
        assert second.onset == pytest.approx(2.0)


def test_expressions_are_events() -> None:
    found = expressions([CALM] * 10 + [SMILE] * 10 + [CALM] * 10)

    (event,) = to_events(found)

    assert (event.code, event.author, event.person) == ("happy", "mien", "Anna")
    assert event.onset == pytest.approx(1.0)
    assert event.duration == pytest.approx(1.0)
    assert event.note == "apex 1.000 s, peak 0.900"


shares = st.lists(st.sampled_from([0.05, 0.3, 0.45, 0.65, 0.9]), max_size=60)


@given(shares)
def test_expressions_are_disjoint_long_enough_and_reach_the_threshold(values: list[float]) -> None:
    rows = [mix(happy=value, neutral=0.95 - value) for value in values] + [CALM] * 3

    found = expressions(rows)

    for smile in found:
        assert smile.peak >= ENTER - 1e-6
        assert smile.duration >= STAY - 1e-6
        assert smile.onset <= smile.apex < smile.offset
    for before, after in pairwise(found):
        assert before.offset <= after.onset + 1e-9
    first = np.array(values[: round(found[0].onset / 0.1)]) if found else np.array(values)
    run = longest = 0
    for value in first:
        run = run + 1 if value >= ENTER else 0
        longest = max(longest, run)
    assert longest * 0.1 < STAY


@given(st.lists(st.sampled_from([0.05, 0.9]), min_size=1, max_size=40))
def test_twice_the_frame_rate_finds_the_same(values: list[float]) -> None:
    rows = [mix(happy=value, neutral=0.95 - value) for value in values] + [CALM] * 4
    doubled = [row for row in rows for _ in range(2)]

    once = find_expressions(measure([recording(rows)])[0])
    twice = find_expressions(measure([recording(doubled, interval=0.05)])[0])

    assert [(it.label, round(it.onset, 6)) for it in once] == [
        (it.label, round(it.onset, 6)) for it in twice
    ]


def test_the_leaving_limit_lies_below_the_entering_one() -> None:
    assert LEAVE < ENTER
