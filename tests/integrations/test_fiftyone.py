"""Faces as FiftyOne's detections; FiftyOne itself is too large for every test run."""

import pytest

from mien.errors import MienError
from mien.integrations.fiftyone import to_detections
from mien.results import Box, Face, FrameResult


def result() -> FrameResult:
    shares = (0.0, 0.0, 0.0, 0.75, 0.0, 0.0, 0.25)
    return FrameResult("a.jpg", 100, 200, (Face(box=Box(10, 20, 30, 40), probabilities=shares),))


def test_without_fiftyone_the_remedy_is_told() -> None:
    try:
        import fiftyone  # noqa: F401, PLC0415
    except ModuleNotFoundError:
        with pytest.raises(MienError, match="pip install fiftyone"):
            to_detections(result())
    else:
        pytest.skip("fiftyone is here")


def test_faces_are_detections() -> None:
    pytest.importorskip("fiftyone")
    (face,) = to_detections(result()).detections
    assert (face.label, face.confidence) == ("happy", 0.75)
    assert face.bounding_box == [0.1, 0.1, 0.3, 0.2]
    assert face["probabilities"]["neutral"] == 0.25
