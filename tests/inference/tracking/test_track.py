"""A face goes on as it went, whatever the frame rate."""

import pytest

from mien.inference.tracking.track import Motion


@pytest.mark.parametrize("rate", [10, 30, 60, 240])
def test_a_steady_velocity_is_learnt_at_every_rate(rate: int) -> None:
    motion = Motion(0j, 0.0)
    for number in range(1, rate + 1):
        motion.move((100 + 50j) * number / rate, number / rate)
    assert motion.velocity == pytest.approx(100 + 50j, rel=1e-3)
    assert motion.predict(1 + 1 / 30) == pytest.approx((100 + 50j) * (1 + 1 / 30), rel=0.01)


def test_a_face_out_of_view_slows_down_and_stops() -> None:
    motion = Motion(0j, 0.0)
    motion.velocity = 100 + 0j
    places = [motion.predict(time).real for time in (0, 0.2, 0.5, 1, 5, 1e9)]
    assert places == sorted(places)
    assert places[1] > 15
    assert places[-1] == pytest.approx(50)


def test_an_unreliable_detection_updates_only_the_position() -> None:
    motion = Motion(0j, 0.0)
    motion.move(10 + 0j, 0.1, reliable=False)
    assert (motion.place, motion.velocity) == (10 + 0j, 0j)


def test_no_time_and_falling_time_teach_no_velocity() -> None:
    motion = Motion(0j, 1.0)
    motion.move(10 + 0j, 1.0)
    motion.move(20 + 0j, 0.5)
    assert motion.velocity == 0j
    assert motion.predict(0.0) == 20 + 0j
