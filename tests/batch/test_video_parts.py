"""The parts of a split video have each of its frames once, at the time of the whole video."""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.batch.analysis import Models, TaskResult, analyze_task, analyze_video_part
from mien.batch.heartbeat import Pulse
from mien.batch.plan import Item, Task, plan_tasks
from mien.batch.stitching import stitch
from mien.batch.video_parts import LEAD, PartReader, find_split_points
from mien.errors import MediaError
from mien.inference.media.images import Frame
from mien.inference.media.video import VideoReader, open_video
from tests.batch.jobs import make_options
from tests.inference.canvas import HEIGHT, WIDTH, Actor, faces, hidden, line, video
from tests.inference.media.videos import index_of, make_video, regular

pytestmark = pytest.mark.slow

IndexedFrames = list[tuple[int, float]]
"""The index of the image and the time, of each frame."""


def item_of(path: Path, longest: float = 10.0) -> Item:
    points = find_split_points(str(path), longest)
    return Item(0, str(path), "film", path.stat().st_size, "", split_points=points)


def read_all(reader: VideoReader) -> IndexedFrames:
    with closing(reader):
        return [(index_of(frame.pixels), frame.time) for frame in reader]


def read_parts(path: Path, longest: float = 10.0) -> list[tuple[IndexedFrames, IndexedFrames]]:
    """Reads a video part by part: the frames of each lead, and of each part."""
    read = []
    for task in plan_tasks([item_of(path, longest)]):
        assert task.part
        reader = PartReader(str(path), open_video(path), task.part)
        frames = read_all(reader)
        assert reader.first is not None
        read.append((frames[: reader.first], frames[reader.first :]))
    return read


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        *(("video.mp4", "libx264"), ("video.mkv", "libx264"), ("video.ts", "libx264")),
        *(("video.avi", "mpeg4"), ("video.mov", "mpeg4"), ("video.flv", "libx264")),
    ],
)
def test_each_frame_is_in_one_part(tmp_path: Path, name: str, codec: str) -> None:
    base = Fraction(1, 10) if codec == "mpeg4" else Fraction(1, 60_000)
    path = make_video(tmp_path / name, regular(10, 290), codec=codec, base=base)
    whole = read_all(VideoReader(str(path), open_video(path)))
    parts = read_parts(path)
    assert len(whole) == 290
    assert len(parts) == 3
    assert [frame for _, part in parts for frame in part] == whole
    for (lead, part), (_, before) in zip(parts[1:], parts, strict=False):
        assert lead == before[-len(lead) :]
        assert LEAD <= part[0][1] - lead[0][1] < LEAD + 1.2


@settings(max_examples=5)
@given(
    gaps=st.lists(st.integers(10, 40), min_size=170, max_size=190),
    start=st.integers(0, 500),
)
def test_a_variable_frame_rate_is_the_same_in_parts(gaps: list[int], start: int) -> None:
    times = [(start + gap) / 100 for gap in accumulate(gaps)]
    with TemporaryDirectory() as folder:
        path = make_video(Path(folder, "video.mp4"), times)
        whole = read_all(VideoReader(str(path), open_video(path)))
        parts = read_parts(path)
    assert len(parts) > 1
    assert [frame for _, part in parts for frame in part] == whole


def test_a_video_is_split_into_equal_shares_at_key_frames(tmp_path: Path) -> None:
    path = make_video(tmp_path / "video.mp4", regular(10, 300))
    with open_video(path) as container:
        keys = {packet.pts for packet in container.demux(video=0) if packet.is_keyframe}
    points = find_split_points(str(path), 10.0)
    assert set(points) <= keys
    assert [point / 60_000 for point in points] == pytest.approx([10, 20], abs=0.5)
    assert find_split_points(str(path), 30.0) == ()
    assert len(find_split_points(str(path), 29.9)) == 1


def test_parts_are_longer_than_their_leads(tmp_path: Path) -> None:
    path = make_video(tmp_path / "video.mp4", regular(10, 300))
    edges = [0, *(point / 60_000 for point in find_split_points(str(path), 1.0))]
    assert len(edges) > 3
    assert np.diff(edges).min() >= 1.5 * LEAD


@pytest.mark.parametrize("name", ["only.mp4", "bare.h264"])
def test_a_video_that_cannot_be_split_stays_whole(tmp_path: Path, name: str) -> None:
    """There is one key frame, or there are no times at all."""
    path = tmp_path / name
    with av.open(str(path), "w") as container:
        track = container.add_stream("libx264", 10, {"g": "1000", "threads": "1"})
        track.width, track.height, track.pix_fmt = 64, 48, "yuv420p"
        for _ in range(300):
            container.mux(track.encode(av.VideoFrame(64, 48, "yuv420p")))
        container.mux(track.encode(None))
    assert find_split_points(str(path), 7.0) == ()


def test_open_groups_of_images_lose_no_frame(tmp_path: Path) -> None:
    """Images shown before a key frame, but stored after it, belong to the part before."""
    path = tmp_path / "open.mp4"
    with av.open(str(path), "w") as container:
        settings = {"x264-params": "open-gop=1:keyint=12:bframes=3:scenecut=0:crf=10"}
        track = container.add_stream("libx264", 10, settings | {"threads": "1"})
        track.width, track.height, track.pix_fmt = 64, 48, "yuv420p"
        for number in range(300):
            image = np.full((48, 64, 3), 40 + 4 * (number % 50), np.uint8)
            container.mux(track.encode(av.VideoFrame.from_ndarray(image)))
        container.mux(track.encode(None))
    parts = read_parts(path)
    assert len(parts) == 3
    assert [index for _, part in parts for index, _ in part] == [n % 50 for n in range(300)]


def test_a_file_that_is_no_video_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    path.write_text("no video")
    with pytest.raises(MediaError, match="not a video"):
        find_split_points(str(path), 7.0)


def test_a_truncated_video_fails(tmp_path: Path, tiny_model: Path) -> None:
    path = make_video(tmp_path / "video.mp4", regular(10, 300), options={"movflags": "faststart"})
    item = item_of(path)
    assert item.split_points
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size * 2 // 3)
    models = Models(make_options(tiny_model, crops=False))
    results = [analyze_video_part(task, models, Pulse()) for task in plan_tasks([item])]
    (failure,) = stitch(item, results, models.options).failures
    assert not results[0].failures
    assert "ends early" in failure.text
    assert str(path) not in failure.text


def split_and_whole(path: Path, models: Models) -> tuple[TaskResult, TaskResult]:
    item = item_of(path, models.options.longest_video)
    tasks: list[Task] = list(plan_tasks([item]))
    assert len(tasks) > 1
    stitched = stitch(item, [analyze_task(task, models) for task in tasks], models.options)
    (whole,) = plan_tasks([replace(item, split_points=())])
    return stitched, analyze_task(whole, models)


def test_people_who_cross_or_hide_at_a_boundary_keep_their_ids(
    shared: Path, tmp_path: Path
) -> None:
    """Two people cross at one split point; one of them is out of sight at the other."""
    people, path = faces(shared), tmp_path / "video.mp4"
    right = line((100, 150, 110), (540, 150, 110), 2)
    left = line((540, 210, 120), (100, 210, 120), 2)
    actors = [
        Actor(people[0], hidden(lambda time: right(max(time - 6, 0)), 13.5, 14.5)),
        Actor(people[1], lambda time: left(max(time - 6, 0))),
    ]
    encode(path, video(actors, 21, 15))
    stitched, whole = split_and_whole(
        path, Models(make_options("small-int8", longest_video=7, crops=False))
    )
    ours, theirs = (result.rows.to_pandas() for result in (stitched, whole))
    assert set(theirs["person"].dropna()) == {1, 2}
    same = ["source", "frame", "time", "person"]
    assert ours[same].equals(theirs[same])
    box = ["x", "y", "width", "height"]
    # Pixels: where a part begins, a search finds the face that the whole video follows.
    np.testing.assert_allclose(ours[box], theirs[box], atol=3)
    chances = [name for name in ours if name.startswith(("raw_", "smoothed_"))]
    assert np.abs(ours[chances] - theirs[chances]).to_numpy().max() < 0.05
    assert stitched.counts == whole.counts


def encode(path: Path, frames: Iterable[Frame]) -> None:
    """Writes a synthetic video at 15 frames a second, with a key frame every second."""
    with av.open(str(path), "w") as container:
        track = container.add_stream("libx264", 15, {"g": "15", "crf": "16", "threads": "1"})
        track.width, track.height, track.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for frame in frames:
            container.mux(track.encode(av.VideoFrame.from_ndarray(frame.pixels)))
        container.mux(track.encode(None))
