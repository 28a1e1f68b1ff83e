"""Attributes measure what they say, and one that fails is named."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

from mien import Analyzer
from mien.errors import AttributeFailedError
from mien.inference.attributes import FaceView, Quantity, measure_face, shipped_attributes
from mien.inference.attributes.base import names_of
from mien.inference.attributes.pose import _FACE, find_pose
from mien.inference.attributes.sharpness import Sharpness
from mien.inference.attributes.usable import REASONS, Usable
from mien.inference.crop import FER2013_LANDMARKS
from mien.inference.detection.detector import Detection
from mien.results import Box

BOARD = np.kron(np.indices((6, 6)).sum(axis=0) % 2, np.full((8, 8), 150)) + 40
NOISE = np.random.default_rng(0).integers(60, 190, (48, 48), np.uint8)


def view(crop: np.ndarray = NOISE, score: float = 0.99, scale: float = 100.0) -> FaceView:
    landmarks = tuple((scale * x, scale * y) for x, y in FER2013_LANDMARKS)
    detection = Detection(Box(0, 0, scale, scale), score, landmarks)
    return FaceView(np.zeros((9, 9, 3), np.uint8), detection, crop)


def rotation(yaw: float, pitch: float, roll: float) -> np.ndarray:
    y, p, r = np.radians([yaw, pitch, roll])
    about_y = [[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]]
    about_x = [[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]]
    about_z = [[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]]
    return np.array(about_y) @ about_x @ about_z


def pose_errors(shape: float, pixels: float, count: int = 1000) -> np.ndarray:
    """Mean absolute errors on faces that vary, in perspective from 4 to 12 sides away."""
    rng, errors = np.random.default_rng(0), []
    for _ in range(count):
        angles = rng.uniform((-40, -40, -30), (40, 40, 30))
        points = (_FACE + rng.normal(0, shape, _FACE.shape)) @ rotation(*angles).T
        distance = rng.uniform(4, 12)
        seen = points[:, :2] * (distance / (distance - points[:, 2:]))
        found = find_pose(100 * (seen + rng.normal(0, pixels, seen.shape)) + 200)
        errors.append(np.abs(np.array(found) - angles))
    return np.mean(errors, axis=0)


def test_the_pose_of_the_generic_face_in_perspective_is_exact_to_two_degrees() -> None:
    assert (pose_errors(0, 0) < (0.5, 0.5, 2)).all()


def test_the_pose_error_on_varied_faces_is_as_documented() -> None:
    assert pose_errors(0.02, 0.01) == pytest.approx([6.0, 5.3, 3.2], abs=0.5)


@pytest.mark.parametrize("points", [np.zeros((5, 2)), np.arange(10.0).reshape(5, 2)])
def test_landmarks_on_a_point_or_a_line_have_no_pose(points: np.ndarray) -> None:
    assert find_pose(points) == [None, None, None]


def sharpness(crop: np.ndarray) -> float:
    (value,) = Sharpness().measure(view(crop))
    assert value is not None
    return value


def test_sharpness_falls_under_blur_and_not_with_contrast() -> None:
    board = BOARD.astype(np.uint8)
    image = Image.fromarray(board)
    blurred = [image.filter(ImageFilter.GaussianBlur(sigma)) for sigma in (0.5, 1, 2, 4)]
    values = [sharpness(board), *(sharpness(np.asarray(crop)) for crop in blurred)]
    assert values == sorted(values, reverse=True)
    faint = (BOARD / 2 + 20).astype(np.uint8)
    assert sharpness(faint) == pytest.approx(values[0], rel=0.02)
    assert sharpness(np.full((48, 48), 9, np.uint8)) == 0


def test_side_and_brightness_are_those_of_the_face() -> None:
    values = measure_face(shipped_attributes(), view(scale=80))
    assert values["side"] == pytest.approx(80)
    assert values["brightness"] == pytest.approx(NOISE.mean())
    assert tuple(values) == names_of([q for it in shipped_attributes() for q in it.quantities])


def test_brightness_and_sharpness_of_rgb_are_those_of_gray() -> None:
    gray, rgb = view(), view(np.repeat(NOISE[..., None], 3, axis=-1))
    assert measure_face(shipped_attributes(), gray) == measure_face(shipped_attributes(), rgb)


GOOD = {"side": 100, "sharpness": 0.4, "brightness": 120, "yaw": 0, "pitch": 0}


@pytest.mark.parametrize(
    ("values", "score", "reason"),
    [
        ({}, 0.99, "usable"),
        ({"side": 29}, 0.99, "small"),
        ({"sharpness": 0.05}, 0.99, "blurred"),
        ({"brightness": 29}, 0.99, "dark"),
        ({"brightness": 231}, 0.99, "bright"),
        ({"yaw": -46}, 0.99, "turned"),
        ({"pitch": 41}, 0.99, "turned"),
        ({}, 0.89, "uncertain"),
        ({"side": 29, "brightness": 1}, 0.5, "small"),
    ],
)
def test_the_first_rule_that_fails_is_the_reason(
    values: dict[str, float], score: float, reason: str
) -> None:
    face = view(score=score)
    face = FaceView(face.frame, face.detection, face.crop, GOOD | values)
    assert Usable().measure(face) == [float(reason == "usable"), REASONS.index(reason)]
    anything = Usable(0, 0, 0, 255, 90, 90, 0)
    assert anything.measure(face) == [1, 0]


def test_a_quantity_that_was_not_measured_fails_no_rule() -> None:
    crop = FaceView(np.zeros((9, 9, 3), np.uint8), None, NOISE)
    assert Usable().measure(crop) == [1, 0]


class Fixed:
    """Returns the same answer for every face, or raises it."""

    def __init__(self, answer: Any, *names: str) -> None:
        self.answer = answer
        self.quantities = tuple(Quantity(name, "", "A test.") for name in names)

    def measure(self, view: FaceView) -> Sequence[float | None]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (RuntimeError("no light"), "raised RuntimeError: no light"),
        ([float("nan")], "returned [nan]; each must be a finite number or None"),
        ([float("inf")], "returned [inf]"),
        ([1.0, 2.0], "returned 2 values, not 1"),
        ([], "returned 0 values, not 1"),
        (3.0, "raised TypeError"),
        (["high"], "raised TypeError"),
    ],
)
def test_a_failing_attribute_is_named(answer: Any, says: str) -> None:
    with pytest.raises(AttributeFailedError) as caught:
        measure_face([Fixed(answer, "glow")], view())
    assert caught.value.subject == "attribute 'glow'"
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["glow", "glow"], "two attributes are named 'glow'; rename one"),
        (["Glow"], "'Glow' cannot name an attribute; use lower case"),
        ([""], "'' cannot name an attribute"),
    ],
)
def test_bad_names_are_refused(names: list[str], says: str, tiny_model: Path) -> None:
    with pytest.raises(ValueError, match=says):
        Analyzer(tiny_model, attributes=[Fixed([1.0], name) for name in names])


def test_a_value_that_cannot_be_measured_is_absent() -> None:
    assert measure_face([Fixed([None, 2], "glow", "shine")], view()) == {"shine": 2.0}


DOCS = (Path(__file__).parents[3] / "docs" / "attributes.md").read_text("utf-8")


def test_the_documented_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    for example in DOCS.split("```python\n")[1:]:
        exec(example.partition("```")[0], {})
    assert capsys.readouterr().out == "200.0\n"


def test_every_quantity_is_documented() -> None:
    for attribute in shipped_attributes():
        for item in attribute.quantities:
            assert f"| `{item.name}` | {item.unit or '-'} | {item.description} |" in DOCS
