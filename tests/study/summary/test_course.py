import numpy as np
import pytest

from mien.errors import StudyError
from mien.study.bootstrap import bootstrap_people
from mien.study.events import Event
from mien.study.summary.course import band, mean_of, sample, trace_events, trace_recordings
from tests.study.summary.studies import HAPPY, observations_of, probabilities, record

STEP = np.repeat([0.2, 0.8], 30)  # happy from 3 s on


def test_the_band_is_the_bootstrap_over_people() -> None:
    values = np.random.default_rng(1).normal(0, 1, (9, 4))

    low, high = band(values)

    for at in range(4):
        own = values[:, at]
        expected = bootstrap_people(9, lambda drawn, own=own: float(own[drawn].mean()))
        assert (low[at], high[at]) == pytest.approx((expected.low, expected.high))


def test_a_point_that_one_person_has_no_band() -> None:
    values = np.array([[0.1, 0.2], [np.nan, 0.4], [np.nan, 0.6]])

    low, high = band(values)

    assert np.isnan([low[0], high[0]]).all()
    assert low[1] <= 0.4 <= high[1]
    assert mean_of(values) == pytest.approx([0.1, 0.4])


def test_a_course_is_aligned_with_the_event_and_counts_people_once() -> None:
    anna = record("a.mp4", probabilities(STEP), person="Anna", events=[Event(3.0, name="go")])
    twice = [Event(3.0, name="go"), Event(1.0, name="go")]
    ben = record("b.mp4", probabilities(STEP), person="Ben", events=twice)

    (course,) = trace_events(observations_of(anna, ben), "go", (-1, 1))

    happy = course.mean[:, HAPPY]
    assert course.times[[0, -1]].tolist() == [-1, 1]
    assert happy[course.times < -0.01] == pytest.approx(0.2)
    # Anna shows 0.8; Ben 0.8 once and 0.2 once, so 0.5: the mean of the two persons.
    assert happy[np.abs(course.times - 0.5) < 0.01] == pytest.approx((0.8 + 0.5) / 2)
    assert course.events == 3
    assert course.people == ("Anna", "Ben")


def test_a_course_for_each_condition() -> None:
    events = [
        Event(1.0, name="go"),
        Event(4.0, name="go"),
        Event(3.0, 3.0, condition="joy"),
        Event(0.0, 3.0, condition="control"),
    ]
    anna = record("a.mp4", probabilities(STEP), events=events)

    courses = trace_events(observations_of(anna), "go", (0, 1))

    means = {it.condition: it.mean[:5, HAPPY].mean() for it in courses}
    assert means == {"control": pytest.approx(0.2), "joy": pytest.approx(0.8)}


def test_what_is_out_of_view_or_unusable_is_missing() -> None:
    yaw = np.where(np.arange(60) < 20, 80, 0)
    (anna,) = observations_of(record("a.mp4", probabilities(STEP), yaw=yaw, absent=range(40, 60)))

    values = sample(anna, np.array([-0.5, 1.0, 2.5, 3.5, 5.0]))[:, HAPPY]

    assert values == pytest.approx([np.nan, np.nan, 0.2, 0.8, np.nan], nan_ok=True)


def test_whole_recordings_reach_to_the_longest() -> None:
    short = record("a.mp4", probabilities(STEP), person="Anna")
    long = record("b.mp4", probabilities(np.repeat(STEP, 2)), person="Ben")

    course = trace_recordings(observations_of(short, long), steps=24)

    assert course.times[-1] == pytest.approx(12 - 0.25)
    assert np.isnan(course.values[0, course.times > 6.1]).all()
    assert course.values[1, -1, HAPPY] == pytest.approx(0.8)


@pytest.mark.parametrize("events", [[], [Event(1.0, name="stop")], [Event(99.0, name="go")]])
def test_an_event_that_is_not_there_is_refused(events: list[Event]) -> None:
    anna = observations_of(record("a.mp4", probabilities(STEP), events=events))

    with pytest.raises(StudyError, match=r"there is no event 'go'; (choose from stop|give events)"):
        trace_events(anna, "go", (-1, 1))


@pytest.mark.parametrize("window", [(1, 1), (2, -2), (0, float("nan"))])
def test_a_window_without_length_is_refused(window: tuple[float, float]) -> None:
    anna = observations_of(record("a.mp4", probabilities(STEP), events=[Event(1, name="go")]))

    with pytest.raises(StudyError, match="has no length"):
        trace_events(anna, "go", window)
