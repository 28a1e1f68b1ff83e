"""Faces as supervision's detections."""

from pathlib import Path

import numpy as np
import pytest

from mien import Analyzer
from mien.results import Box, Face, FrameResult

sv = pytest.importorskip("supervision")


def face(person: int | None = None, unsure_below: float = 0.0) -> Face:
    shares = (0.1, 0.1, 0.1, 0.4, 0.1, 0.1, 0.1)
    return Face(
        box=Box(10, 20, 30, 40), probabilities=shares, person=person, unsure_below=unsure_below
    )


def test_faces_are_detections() -> None:
    found = FrameResult("a.jpg", 99, 99, (face(), face(unsure_below=0.9))).to_detections()
    assert found.xyxy.tolist() == [[10, 20, 40, 60]] * 2
    assert found.class_id.tolist() == [3, 7]
    assert found.data["class_name"].tolist() == ["happy", "unsure"]
    assert found.data["probabilities"].shape == (2, 7)
    assert found.tracker_id is None
    assert len(found[found.confidence > 0.5]) == 0


def test_persons_are_tracks_and_no_face_is_no_detection() -> None:
    tracked = FrameResult("a.mp4", 99, 99, (face(2), face(5))).to_detections()
    assert tracked.tracker_id.tolist() == [2, 5]
    empty = FrameResult("a.jpg", 99, 99, ()).to_detections()
    assert len(empty) == 0
    assert len(sv.Detections.merge([empty, tracked])) == 2


def test_supervision_draws_them(shared: Path) -> None:
    pixels = np.zeros((667, 1000, 3), np.uint8)
    found = Analyzer().analyze(shared / "media" / "five_faces.jpg").to_detections()
    assert len(found) == 5
    assert sv.BoxAnnotator().annotate(pixels.copy(), found).any()
