"""Clips of stretches: the right face, at the right times, at any edge, and reasons where not."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from mien.inference.media.images import Pixels
from mien.results import Box
from mien.server.clips import make_clip
from mien.server.errors import NotFoundError
from mien.study.design.folder import StudyFolder
from tests.server.studies import (
    FRAMES,
    RATE,
    gray,
    make_study,
    read_clip,
    write_faces,
    write_video,
)

pytestmark = pytest.mark.slow

BLUE, OUTSIDE = (0, 0, 255), (127, 127, 127)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    folder = tmp_path_factory.mktemp("clips")
    write_video(folder / "talk.mp4")
    write_faces(folder / "faces.csv", "talk.mp4")
    return make_study(folder, "talk.mp4")


def middle(image: Pixels) -> float:
    """The brightness in the middle of an image."""
    height, width = image.shape[:2]
    part = image[height // 2 - 5 : height // 2 + 5, width // 2 - 5 : width // 2 + 5]
    return float(part.mean())


def first_image(study: StudyFolder) -> Pixels:
    return read_clip(make_clip(study, study.stretches[0]))[1][0]


@pytest.mark.parametrize("at", range(3))
def test_a_clip_is_the_face_during_the_stretch(study: StudyFolder, at: int) -> None:
    times, images = read_clip(make_clip(study, study.stretches[at]))
    assert times == pytest.approx([frame / RATE for frame in range(2 * RATE)], abs=1e-3)
    expected = [gray(at * 2 * RATE + frame) for frame in range(2 * RATE)]
    assert [middle(image) for image in images] == pytest.approx(expected, abs=6)
    assert images[0].shape == (60, 60, 3)  # the box and a quarter of it on each side
    assert images[0][2, 2].tolist() == pytest.approx(BLUE, abs=12)


@pytest.mark.parametrize(
    ("box", "corner"),
    [
        (Box(-10, -10, 40, 40), OUTSIDE),
        (Box(0, 0, 320, 240), OUTSIDE),
        (Box(200, 100, 40, 40), BLUE),
        (Box(300, 220, 40, 40), BLUE),
    ],
)
def test_a_face_stays_in_the_middle_at_the_edge_of_the_image(
    tmp_path: Path, box: Box, corner: tuple[int, int, int]
) -> None:
    write_video(tmp_path / "talk.mp4", 50)
    write_faces(tmp_path / "faces.csv", "talk.mp4", box, 50)
    image = first_image(make_study(tmp_path, "talk.mp4", 1))
    side = 1.5 * max(box.width, box.height)
    assert image.shape[:2] == (side, side)
    assert image[2, 2].tolist() == pytest.approx(corner, abs=12)


@pytest.mark.slow
def test_a_large_face_is_made_smaller(tmp_path: Path) -> None:
    write_video(tmp_path / "talk.mp4", 50)
    write_faces(tmp_path / "faces.csv", "talk.mp4", Box(-200, -200, 700, 640), 50)
    assert first_image(make_study(tmp_path, "talk.mp4", 1)).shape == (480, 480, 3)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_a_clip_from_the_middle_of_a_video_misses_no_frame(tmp_path: Path, suffix: str) -> None:
    """Few key frames, frames out of order, and stamps that start at 7 s."""
    path = tmp_path / f"talk.{suffix}"
    with av.open(path, "w") as out:
        stream = out.add_stream("mpeg4" if suffix == "mp4" else "mpeg2video", rate=RATE)
        stream.width, stream.height, stream.gop_size, stream.max_b_frames = 320, 240, 40, 2
        stream.bit_rate = 20_000_000
        for at in range(FRAMES):
            pixels = np.full((240, 320, 3), gray(at), np.uint8)
            image = av.VideoFrame.from_ndarray(pixels)
            image.pts, image.time_base = at + 7 * RATE, Fraction(1, RATE)
            out.mux(stream.encode(image))
        out.mux(stream.encode(None))
    write_faces(tmp_path / "faces.csv", path.name)
    study = make_study(tmp_path, path.name)
    for stretch in study.stretches:
        _, images = read_clip(make_clip(study, stretch))
        first = round(stretch.start * RATE)
        expected = [gray(frame) for frame in range(first, first + 2 * RATE)]
        assert [middle(image) for image in images] == pytest.approx(expected, abs=6)


def test_a_joined_video_has_the_times_of_its_records(tmp_path: Path) -> None:
    """Two recordings in one MPEG-TS file: the stamps of the second start again."""
    parts = [tmp_path / "first.ts", tmp_path / "second.ts"]
    for number, path in enumerate(parts):
        with av.open(path, "w") as out:
            stream = out.add_stream("mpeg2video", rate=RATE, width=320, height=240)
            for at in range(FRAMES // 2):
                pixels = np.full((240, 320, 3), gray(FRAMES // 2 * number + at), np.uint8)
                out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
            out.mux(stream.encode(None))
    (tmp_path / "talk.ts").write_bytes(b"".join(path.read_bytes() for path in parts))
    write_faces(tmp_path / "faces.csv", "talk.ts")
    study = make_study(tmp_path, "talk.ts", 3)
    _, images = read_clip(make_clip(study, study.stretches[2]))
    expected = [gray(frame) for frame in range(100, 150)]
    assert [middle(image) for image in images] == pytest.approx(expected, abs=6)


def shorten_video(folder: Path) -> None:
    (folder / "talk.mp4").unlink()
    write_video(folder / "talk.mp4", 20)


def shorten_records(folder: Path) -> None:
    (folder / "faces.csv").unlink()
    write_faces(folder / "faces.csv", "talk.mp4", frames=20)


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda folder: (folder / "talk.mp4").unlink(), "talk.mp4: no such video"),
        (lambda folder: (folder / "talk.mp4").write_bytes(b"none"), "talk.mp4: not a video"),
        (shorten_video, "the video ends before it"),
        (lambda folder: (folder / "faces.csv").unlink(), "faces.csv: cannot be read"),
        (shorten_records, "no face in it"),
    ],
    ids=["missing video", "damaged video", "short video", "missing records", "short records"],
)
def test_a_clip_that_cannot_be_made_says_why(
    tmp_path: Path, harm: Callable[[Path], object], reason: str
) -> None:
    write_video(tmp_path / "talk.mp4")
    write_faces(tmp_path / "faces.csv", "talk.mp4")
    study = make_study(tmp_path, "talk.mp4")
    harm(tmp_path)
    with pytest.raises(NotFoundError, match=reason) as caught:
        make_clip(study, study.stretches[2])
    assert str(tmp_path) not in str(caught.value)
