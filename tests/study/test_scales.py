import numpy as np
import pytest

from mien.emotions import EMOTIONS
from mien.study.scales import intensity, log_odds, ranges, valence
from tests.study.faces import HAPPY, NEUTRAL, mix


def test_valence_is_happy_less_what_is_unpleasant() -> None:
    rows = np.array([mix(happy=1.0), mix(sad=0.5, angry=0.5), mix(surprise=1.0), mix(happy=0.3)])

    assert valence(rows, EMOTIONS) == pytest.approx([1, -1, 0, 0.3 - 4 * 0.7 / 6])


@pytest.mark.parametrize("labels", [("pain", "none"), ("happy", "neutral"), ("sad", "neutral")])
def test_labels_of_one_sign_have_no_valence(labels: tuple[str, ...]) -> None:
    assert np.isnan(valence(np.array([[0.5, 0.5]]), labels)).all()


def test_log_odds_are_against_neutral() -> None:
    odds = log_odds(np.array([mix(happy=0.6, neutral=0.3)]), EMOTIONS)[0]

    assert odds[HAPPY] == pytest.approx(np.log(2))
    assert odds[NEUTRAL] == 0


def test_intensity_is_in_units_of_the_own_range() -> None:
    """A faint smiler and a broad one: both reach 1 at what is much for them."""
    for most in (0.3, 0.9):
        happy = np.linspace(0.05, most, 100)
        odds = log_odds(np.array([mix(happy=it, neutral=0.95 - it) for it in happy]), EMOTIONS)
        start, length = ranges(odds, np.ones(100), odds[0])

        found = intensity(odds, start, length)[:, HAPPY]

        assert found[0] == 0
        assert found[-1] == 1
        assert (np.diff(found) >= 0).all()


def test_a_face_that_hardly_moves_has_no_intensity() -> None:
    odds = log_odds(np.array([mix(neutral=0.9)] * 50), EMOTIONS)

    assert np.isnan(intensity(odds, *ranges(odds, np.ones(50), None))).all()


def test_few_records_have_no_range() -> None:
    odds = log_odds(np.array([mix(happy=0.9), mix(neutral=0.9)] * 5), EMOTIONS)

    assert np.isnan(ranges(odds, np.ones(10), None)[1]).all()


def test_the_range_does_not_depend_on_the_frame_rate() -> None:
    happy = np.linspace(0.05, 0.9, 60)
    odds = log_odds(np.array([mix(happy=it, neutral=0.95 - it) for it in happy]), EMOTIONS)

    once = ranges(odds, np.full(60, 0.2), odds[0])[1]
    twice = ranges(np.repeat(odds, 2, axis=0), np.full(120, 0.1), odds[0])[1]

    assert twice == pytest.approx(once, nan_ok=True)
