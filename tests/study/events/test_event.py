"""Events, what is doubtful about them, and how a log's are joined to a recording's."""

import pytest

from mien.errors import StudyError
from mien.study.events import Event, find_problems
from mien.study.events.merging import choose_recording, merge, refuse_other_time_base, shift


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ((float("nan"),), "event 'x' at nan s: its onset is no finite number"),
        ((1.0, float("inf")), "its duration is no finite number"),
        ((1.0, -2.0), r"its duration is negative \(-2 s\); use seconds from 0"),
    ],
)
def test_an_event_has_finite_times(times: tuple[float, ...], message: str) -> None:
    with pytest.raises(StudyError, match=message):
        Event(*times, name="x")


def test_problems_name_the_event() -> None:
    events = [
        Event(1.0, 3.0, condition="calm"),
        Event(2.0, 3.0, condition="loud"),
        Event(2.0, 3.0, condition="loud"),  # says the same as the one before
        Event(12.0, name="late"),
        Event(3.0, person="Cleo", name="tone"),
    ]

    problems = find_problems(events, 0.0, 10.0, {"Anna"})

    assert [text.split(" ", 2)[:2] for text in problems[:1]] == [["'late'", "at"]]
    assert "'tone' at 3 s is about Cleo" in problems[1]
    assert problems[2:] == ["the conditions 'calm' and 'loud' overlap at 2 s"] * 2


@pytest.mark.parametrize(
    ("onsets", "cause"),
    [
        ([1500, 60000], r"after the recording's end at 72.0 s; times may be milliseconds: --unit"),
        ([1.7e9], r"the event lies after .* from 1970: --start-clock 1970"),
        ([-5, -3], r"before the recording's start at 0.0 s; .*--offset"),
        ([100, 140], r"all 2 events lie after .*another moment: --offset SECONDS"),
        ([-5, 100], r"outside the recording, which has 0.0 to 72.0 s"),
    ],
)
def test_another_time_base_is_refused_with_the_cause(onsets: list[float], cause: str) -> None:
    with pytest.raises(StudyError, match=cause):
        refuse_other_time_base([Event(onset) for onset in onsets], 0.0, 72.0)


def test_one_event_within_is_enough() -> None:
    refuse_other_time_base([Event(-5.0), Event(70.0)], 0.0, 72.0)


def test_shift_and_merge() -> None:
    (event,) = shift([Event(1500.0, 500.0)], offset=2.0, unit="ms")

    assert event == Event(3.5, 0.5)
    assert merge([Event(3.5, 0.5)], [event, Event(1.0), Event(1.0)]) == (
        (Event(1.0), Event(3.5, 0.5)),
        1,
    )


def test_events_of_other_recordings_are_left_out() -> None:
    events = [Event(1.0, recording="a.mp4"), Event(2.0, recording="b.mp4"), Event(3.0)]

    chosen, notes = choose_recording(events, "a.mp4")

    assert chosen == (Event(1.0), Event(3.0))
    assert notes == ("1 events of other recordings were left out (b.mp4)",)
    assert choose_recording(events[:1], "c.mp4") == (
        (Event(1.0),),
        ("events of a.mp4 were taken for events of c.mp4",),
    )
    with pytest.raises(StudyError, match=r"a\.mp4, b\.mp4, and none is of c\.mp4"):
        choose_recording(events, "c.mp4")
