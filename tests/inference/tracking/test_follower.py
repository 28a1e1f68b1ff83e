"""A face is found again near where it was, and nowhere else."""

from pathlib import Path

import numpy as np
import pytest

from mien.inference.detection.detector import Detection
from mien.inference.detection.mtcnn import MTCNN
from mien.inference.media.images import read_frame
from mien.inference.tracking.follower import Follower, Landmarks, face_square


@pytest.fixture(scope="module")
def five(shared: Path) -> np.ndarray:
    return read_frame(shared / "media" / "five_faces.jpg").pixels


@pytest.fixture(scope="module")
def faces(five: np.ndarray) -> list[Detection]:
    return MTCNN().detect(five)


@pytest.fixture(scope="module")
def follower() -> Follower:
    return Follower()


def moved(face: Detection, dx: float, dy: float, zoom: float = 1) -> Landmarks:
    """The face's landmarks, moved by fractions of its side and enlarged about its middle."""
    middle, side = face_square(face.landmarks)
    x, y = middle.real, middle.imag
    return [
        (x + zoom * (a - x) + dx * side, y + zoom * (b - y) + dy * side) for a, b in face.landmarks
    ]


def error(face: Detection, other: Detection) -> float:
    """The mean distance of landmarks, in sides of the face."""
    apart = np.subtract(face.landmarks, other.landmarks)
    return float(np.hypot(*apart.T).mean() / face_square(face.landmarks)[1])


@pytest.mark.parametrize(
    "change", [(0, 0), (0.25, 0), (-0.25, 0), (0, 0.2), (0, -0.2), (0, 0, 0.75), (0, 0, 1.25)]
)
def test_a_face_is_found_from_a_place_nearby(
    five: np.ndarray, faces: list[Detection], follower: Follower, change: tuple[float, ...]
) -> None:
    found = follower.follow(five, [moved(face, *change) for face in faces])
    for face, again in zip(faces, found, strict=True):
        assert again is not None
        assert error(face, again) < 0.1
        assert again.score > 0.6


def test_a_still_face_does_not_drift(
    five: np.ndarray, faces: list[Detection], follower: Follower
) -> None:
    found = faces
    for _ in range(50):
        found = [face for face in follower.follow(five, [f.landmarks for f in found]) if face]
    assert len(found) == len(faces)
    for face, again in zip(faces, found, strict=True):
        assert error(face, again) < 0.04
        overlap = abs(face.box.width * face.box.height - again.box.width * again.box.height)
        assert overlap < 0.3 * face.box.width * face.box.height


def test_the_whole_batch_gives_what_each_gives_alone(
    five: np.ndarray, faces: list[Detection], follower: Follower
) -> None:
    places = [face.landmarks for face in faces]
    for together, place in zip(follower.follow(five, places), places, strict=True):
        (alone,) = follower.follow(five, [place])
        assert together is not None
        assert alone is not None
        np.testing.assert_allclose(together.landmarks, alone.landmarks, atol=0.01)


def test_follow_returns_none_where_there_is_no_face(
    five: np.ndarray, faces: list[Detection], follower: Follower
) -> None:
    assert follower.follow(np.zeros_like(five), [face.landmarks for face in faces]) == [None] * 5
    assert follower.follow(five, []) == []


@pytest.mark.parametrize("away", [-1e6, -50.0, 999.5, 1e6])
def test_a_place_outside_the_frame_has_no_face(
    five: np.ndarray, faces: list[Detection], follower: Follower, away: float
) -> None:
    place = [(x - 400 + away, y) for x, y in faces[0].landmarks]
    assert follower.follow(five, [place]) == [None]


def test_a_place_without_size_has_no_face(five: np.ndarray, follower: Follower) -> None:
    assert follower.follow(five, [[(30.0, 40.0)] * 5]) == [None]


def test_boxes_stay_inside_the_frame(five: np.ndarray, faces: list[Detection]) -> None:
    face = max(faces, key=lambda one: one.box.x)
    right = int(face.box.right - 0.3 * face.box.width)
    cut = np.ascontiguousarray(five[:, :right])
    (again,) = Follower(min_score=0).follow(cut, [face.landmarks])
    assert again is None or (again.box.x >= 0 and again.box.right <= right)


def test_the_square_is_what_fer2013_shows() -> None:
    corners = [(31.6, 37.7), (68.4, 36.8), (50.0, 58.8), (34.8, 78.5), (66.0, 77.8)]
    middle, side = face_square([(x + 200, y + 10) for x, y in corners])
    assert middle == pytest.approx(250 + 60j)
    assert side == pytest.approx(100)
