"""Wall-clock times, as text and under a clock that is set meanwhile."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.clocks import WallClock, format_clock, parse_clock

seconds = st.floats(0, 2e11).map(lambda value: round(value, 3))
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(seconds)
def test_a_clock_comes_back_from_its_text(moment: float) -> None:
    text = format_clock(moment)
    assert parse_clock(text) == pytest.approx(moment, abs=6e-4)
    assert len(text) == len("2026-11-27T03:58:12.345Z")


@given(st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)), zones)
def test_every_time_zone_is_read_as_utc(moment: datetime, zone: timezone) -> None:
    local = moment.replace(tzinfo=UTC).astimezone(zone)
    assert parse_clock(local.isoformat()) == pytest.approx(local.timestamp(), abs=1e-5)


@pytest.mark.parametrize(
    "text", ["2026-11-27T03:58:12Z", "2026-11-27T05:58:12+0200", "20261127T035812Z"]
)
def test_usual_ways_to_write_a_time(text: str) -> None:
    assert format_clock(parse_clock(text)) == "2026-11-27T03:58:12.000Z"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2026-11-27T03:58:12", "states no time zone"),
        ("2026-11-27", "states no time zone"),
        ("yesterday", "not a time in ISO 8601"),
        ("", "not a time in ISO 8601"),
        ("2026-13-01T00:00:00Z", "not a time in ISO 8601"),
    ],
)
def test_what_is_no_time_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_clock(text)


class Machine:
    """A machine whose wall clock can be set."""

    def __init__(self) -> None:
        self.monotonic, self.wall = 50.0, 1.8e9

    def wait(self, seconds: float) -> None:
        self.monotonic += seconds
        self.wall += seconds


def clock_of(machine: Machine) -> WallClock:
    return WallClock(lambda: machine.wall, lambda: machine.monotonic)


@pytest.mark.parametrize("shift", [-7200.0, -1.5, 1.5, 86400.0])
def test_a_wall_clock_that_is_set_makes_no_time_jump(shift: float) -> None:
    machine = Machine()
    clock = clock_of(machine)
    machine.wait(10)
    before = clock.at(machine.monotonic)
    clock.watch()
    assert (before, clock.jump) == (1.8e9 + 10, 0)
    machine.wall += shift
    machine.wait(1)
    clock.watch()
    assert clock.at(machine.monotonic) == before + 1
    assert clock.jump == pytest.approx(shift)


def test_small_corrections_are_no_jump() -> None:
    machine = Machine()
    clock = clock_of(machine)
    for _ in range(100):
        machine.wait(1)
        machine.wall += 0.009
        clock.watch()
    assert clock.jump == 0


def test_a_clock_that_is_set_back_again_was_still_set() -> None:
    machine = Machine()
    clock = clock_of(machine)
    for shift in (3600, -3600):
        machine.wall += shift
        clock.watch()
    assert clock.jump == pytest.approx(3600)
