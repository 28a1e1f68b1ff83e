from collections.abc import Iterator

import numpy as np
import pytest

from mien.errors import MediaError
from mien.inference.media.images import Frame
from mien.reporting.thumbnails import ThumbnailReader
from mien.results import Box


def video(count: int = 10, broken: bool = False) -> Iterator[Frame]:
    """Frames whose pixels hold their number, column and row."""
    rows, columns = np.indices((40, 60), np.uint8)
    for number in range(count):
        pixels = np.stack([np.full_like(rows, number), columns, rows], axis=2)
        yield Frame("film", pixels, number, number / 30)
    if broken:
        raise MediaError("video: it is cut short; copy it again.")


def test_the_face_is_cut_from_its_frame_with_a_margin() -> None:
    cut = ThumbnailReader(video())
    face = cut(3 / 30, Box(20, 10, 8, 12))
    assert face is not None
    assert face.shape == (18, 18, 3)
    assert face[0, 0].tolist() == [3, 15, 7]


def test_two_faces_of_one_frame_and_rounded_times() -> None:
    cut = ThumbnailReader(video())
    for time in (0.066667, 0.066667, 0.1, 0.3):
        face = cut(time, Box(20, 10, 8, 12))
        assert face is not None
        assert face[0, 0, 0] == round(time * 30)


@pytest.mark.parametrize("box", [Box(-30, -30, 40, 40), Box(50, 30, 100, 100)])
def test_a_face_at_the_edge_is_cut_as_far_as_it_is_there(box: Box) -> None:
    face = ThumbnailReader(video())(0.0, box)
    assert face is not None
    assert min(face.shape[:2]) > 0


def test_a_face_outside_has_no_image() -> None:
    assert ThumbnailReader(video())(0.0, Box(500, 500, 10, 10)) is None
    assert ThumbnailReader(video())(0.0, Box(-500, -500, 10, 10)) is None


def test_a_time_that_no_frame_has() -> None:
    cut = ThumbnailReader(video())
    assert cut(0.05, Box(20, 10, 8, 12)) is None
    assert cut(9.0, Box(20, 10, 8, 12)) is None
    assert cut.problem == ""


def test_a_video_that_breaks_off_is_told() -> None:
    cut = ThumbnailReader(video(broken=True))
    assert cut(0.1, Box(20, 10, 8, 12)) is not None
    assert cut(9.0, Box(20, 10, 8, 12)) is None
    assert cut.problem == "video: it is cut short; copy it again."
