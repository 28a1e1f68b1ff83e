"""A face has any labels and attributes, and refuses probabilities of another length."""

from dataclasses import replace
from typing import Any

import pytest

from mien.emotions import UNSURE, colors_of
from mien.results import Box, Face, FrameResult

LABELS = ("pain", "no pain")


def face(**more: Any) -> Face:
    return Face(**{"box": Box(1, 2, 3, 4), "probabilities": (0.7, 0.3), "labels": LABELS} | more)


def test_a_face_is_named_by_its_own_labels() -> None:
    assert face().emotion == "pain"
    assert face(unsure_below=0.8).emotion == UNSURE
    assert face().to_dict()["probabilities"] == {"pain": 0.7, "no pain": 0.3}


def test_smoothed_probabilities_are_displayed() -> None:
    smoothed = face(smoothed=(0.4, 0.6), person=3)
    assert (smoothed.emotion, smoothed.confidence) == ("no pain", 0.6)
    assert smoothed.to_dict()["smoothed"] == {"pain": 0.4, "no pain": 0.6}


def test_attributes_are_rounded_in_to_dict_and_absent_without_any() -> None:
    assert face(attributes={"yaw": 1.23456}).to_dict()["attributes"] == {"yaw": 1.2346}
    assert "attributes" not in face().to_dict()


@pytest.mark.parametrize("field", ["probabilities", "smoothed"])
def test_probabilities_of_another_length_are_refused(field: str) -> None:
    with pytest.raises(ValueError, match="a face has 2 probabilities"):
        face(**{field: (0.1, 0.2, 0.7)})


def test_the_clock_is_in_the_dict_where_it_is_known() -> None:
    known = FrameResult("0", 9, 9, (), clock=1795751892.3454)
    assert known.to_dict()["clock"] == "2026-11-27T03:58:12.345Z"
    assert "clock" not in replace(known, clock=None).to_dict()


def test_every_label_has_a_color() -> None:
    colors = colors_of((*LABELS, "happy"))
    assert set(colors) == {*LABELS, "happy", UNSURE}
    assert len(set(colors.values())) == 4


def test_a_held_label_is_displayed_with_its_own_probability() -> None:
    face = Face(box=Box(0, 0, 1, 1), probabilities=(0.4, 0.6), labels=("calm", "tense"))
    held = replace(face, held="calm")
    assert (face.emotion, face.confidence) == ("tense", 0.6)
    assert (held.emotion, held.confidence) == ("calm", 0.4)
    assert replace(held, unsure_below=0.5).emotion == "unsure"
    with pytest.raises(ValueError, match="held must be one of calm, tense"):
        replace(face, held="happy")
