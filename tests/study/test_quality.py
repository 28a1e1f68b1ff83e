import numpy as np
import pytest

from mien.errors import StudyError
from mien.inference.attributes.usable import Usable
from mien.study.quality import Limits, judge
from tests.study.faces import mix, records

FACE = mix(neutral=0.9)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("side", 29, "small"),
        ("side", 30, ""),
        ("sharpness", 0.05, "blurred"),
        ("brightness", 29, "dark"),
        ("brightness", 231, "bright"),
        ("yaw", -46, "turned"),
        ("yaw", 45, ""),
        ("pitch", 41, "turned"),
    ],
)
def test_each_limit_has_its_reason(name: str, value: float, reason: str) -> None:
    usable, reasons = judge(records([FACE], attributes={name: value}))

    assert usable.tolist() == [reason == ""]
    assert reasons.tolist() == [reason]


def test_a_frame_without_a_face_is_not_usable() -> None:
    usable, reasons = judge(records([FACE, None]))

    assert usable.tolist() == [True, False]
    assert reasons.tolist() == ["", "no face"]


def test_a_detector_in_doubt_is_told() -> None:
    assert judge(records([FACE], score=0.8))[1].tolist() == ["uncertain"]


def test_what_was_not_measured_breaks_no_limit() -> None:
    table = records([FACE], attributes={"yaw": np.nan})

    assert judge(table)[0].tolist() == [True]


def test_the_defaults_are_those_of_the_attribute_usable() -> None:
    """The column `usable` and a summary agree as long as nobody sets other limits."""
    theirs, ours = Usable(), Limits()

    assert (ours.side, ours.sharpness, ours.score) == (
        theirs.min_side,
        theirs.min_sharpness,
        theirs.min_score,
    )
    assert (ours.dark, ours.bright) == (theirs.min_brightness, theirs.max_brightness)
    assert (ours.yaw, ours.pitch) == (theirs.max_yaw, theirs.max_pitch)


def test_limits_can_be_set() -> None:
    table = records([FACE], attributes={"yaw": 20})

    assert judge(table, Limits.parse(["yaw=15"]))[1].tolist() == ["turned"]


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("jaw=3", "there is no limit 'jaw'; choose from side, sharpness"),
        ("yaw=wide", "the limit 'yaw' is no number: 'wide'; write yaw=30"),
    ],
)
def test_a_bad_limit_is_named(pair: str, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        Limits.parse([pair])
