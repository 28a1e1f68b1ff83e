import numpy as np
import pytest

from mien.study.events import Event
from mien.study.summary.latency import find_latencies
from tests.study.summary.studies import observations_of, probabilities, record

SMILE = slice(23, 33)


def latencies_of(happy: np.ndarray, events: list[Event], **more) -> dict:
    anna = record("a.mp4", probabilities(happy), events=events, **more)
    found = find_latencies(observations_of(anna), within=3.0)
    return {(it.event, it.label): it for it in found}


def test_the_time_to_the_first_onset() -> None:
    happy = np.full(100, 0.1)
    happy[SMILE] = happy[67:80] = 0.9
    found = latencies_of(happy, [Event(2.0, name="joke"), Event(6.0, name="joke")])

    joke = found["joke", "happy"]
    assert (joke.events, joke.responses) == (2, 2)
    assert joke.median == pytest.approx((0.3 + 0.7) / 2)
    assert joke.shortest == pytest.approx(0.3)
    assert found["joke", "any"].median == joke.median


def test_a_response_counts_until_the_next_event_and_the_limit() -> None:
    happy = np.full(100, 0.1)
    happy[SMILE] = happy[90:] = 0.9
    events = [Event(1.0, name="bell"), Event(2.0, name="joke"), Event(5.0, name="silence")]

    found = latencies_of(happy, events)

    assert found["bell", "any"].responses == 0
    assert np.isnan(found["bell", "any"].median)
    assert found["joke", "happy"].median == pytest.approx(0.3)
    assert found["silence", "any"].responses == 0


def test_what_lasts_already_is_no_response() -> None:
    happy = np.full(60, 0.1)
    happy[10:50] = 0.9

    assert latencies_of(happy, [Event(2.0, name="joke")])["joke", "any"].responses == 0


def test_events_that_nobody_could_answer_do_not_count() -> None:
    happy = np.full(60, 0.1)
    events = [
        Event(2.0, name="joke"),
        Event(99.0, name="late"),
        Event(1.0, 0.5, name="pause", excluded=True),
        Event(1.0, condition="unnamed"),
    ]

    found = latencies_of(happy, events, yaw=[0] * 20 + [80] * 40)

    assert [it.event for it in found.values()] == ["joke"]
    assert found["joke", "any"].events == 0
