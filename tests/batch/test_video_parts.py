"""A part of a video is what it is of the whole video: each frame once, at its own time."""

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

from mien.batch.analysis import Models, Outcome, work, work_on_part
from mien.batch.plan import Item, Piece, plan
from mien.batch.stitching import join
from mien.batch.video_parts import LEAD, PartReader, find_cuts
from mien.errors import MediaError
from mien.inference.media.images import Frame
from mien.inference.media.video import VideoReader, open_video
from tests.batch.jobs import make_options
from tests.inference.canvas import HEIGHT, WIDTH, Actor, faces, hidden, line, video
from tests.inference.media.videos import index_of, make_video, regular

Shown = list[tuple[int, float]]
"""The image and the time of each frame."""


def item_of(path: Path, longest: float = 10.0) -> Item:
    return Item(0, str(path), "film", path.stat().st_size, "", cuts=find_cuts(str(path), longest))


def shown(reader: VideoReader) -> Shown:
    with closing(reader):
        return [(index_of(frame.pixels), frame.time) for frame in reader]


def read_parts(path: Path, longest: float = 10.0) -> list[tuple[Shown, Shown]]:
    """Reads a video part by part: what each lead shows, and what each part."""
    read = []
    for piece in plan([item_of(path, longest)]):
        assert piece.span
        reader = PartReader(str(path), open_video(path), piece.span)
        frames = shown(reader)
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
    whole = shown(VideoReader(str(path), open_video(path)))
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
def test_a_variable_frame_rate_is_kept(gaps: list[int], start: int) -> None:
    times = [(start + gap) / 100 for gap in accumulate(gaps)]
    with TemporaryDirectory() as folder:
        path = make_video(Path(folder, "video.mp4"), times)
        whole = shown(VideoReader(str(path), open_video(path)))
        parts = read_parts(path)
    assert len(parts) > 1
    assert [frame for _, part in parts for frame in part] == whole


def test_a_video_is_cut_into_equal_shares_at_key_frames(tmp_path: Path) -> None:
    path = make_video(tmp_path / "video.mp4", regular(10, 300))
    with open_video(path) as container:
        keys = {packet.pts for packet in container.demux(video=0) if packet.is_keyframe}
    cuts = find_cuts(str(path), 10.0)
    assert set(cuts) <= keys
    assert [cut / 60_000 for cut in cuts] == pytest.approx([10, 20], abs=0.5)
    assert find_cuts(str(path), 30.0) == ()
    assert len(find_cuts(str(path), 29.9)) == 1


def test_parts_are_longer_than_their_leads(tmp_path: Path) -> None:
    path = make_video(tmp_path / "video.mp4", regular(10, 300))
    edges = [0, *(cut / 60_000 for cut in find_cuts(str(path), 1.0))]
    assert len(edges) > 3
    assert np.diff(edges).min() >= 2 * LEAD


@pytest.mark.parametrize("name", ["only.mp4", "bare.h264"])
def test_what_cannot_be_cut_stays_whole(tmp_path: Path, name: str) -> None:
    """There is one key frame, or no times at all."""
    path = tmp_path / name
    with av.open(str(path), "w") as container:
        track = container.add_stream("libx264", 10, {"g": "1000", "threads": "1"})
        track.width, track.height, track.pix_fmt = 64, 48, "yuv420p"
        for _ in range(300):
            container.mux(track.encode(av.VideoFrame(64, 48, "yuv420p")))
        container.mux(track.encode(None))
    assert find_cuts(str(path), 7.0) == ()


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


def test_no_video_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    path.write_text("no video")
    with pytest.raises(MediaError, match="not a video"):
        find_cuts(str(path), 7.0)


def test_a_video_that_was_cut_short_fails(tmp_path: Path, tiny_model: Path) -> None:
    path = make_video(tmp_path / "video.mp4", regular(10, 300), options={"movflags": "faststart"})
    item = item_of(path)
    assert item.cuts
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size * 2 // 3)
    models = Models(make_options(tiny_model, crops=False))
    outcomes = [work_on_part(piece, models) for piece in plan([item])]
    (failure,) = join(item, outcomes, models.options).failures
    assert not outcomes[0].failures
    assert "ends early" in failure.reason
    assert str(path) not in failure.reason


def cut_and_whole(path: Path, models: Models) -> tuple[Outcome, Outcome]:
    item = item_of(path, models.options.longest)
    pieces: list[Piece] = list(plan([item]))
    assert len(pieces) > 1
    joined = join(item, [work(piece, models) for piece in pieces], models.options)
    (whole,) = plan([replace(item, cuts=())])
    return joined, work(whole, models)


def test_rows_of_people_who_cross_and_hide_at_a_seam(shared: Path, tmp_path: Path) -> None:
    """One cut falls where two people cross, the other while one of them is out of sight."""
    people, path = faces(shared), tmp_path / "video.mp4"
    right = line((100, 150, 110), (540, 150, 110), 2)
    left = line((540, 210, 120), (100, 210, 120), 2)
    actors = [
        Actor(people[0], hidden(lambda time: right(max(time - 6, 0)), 13.5, 14.5)),
        Actor(people[1], lambda time: left(max(time - 6, 0))),
    ]
    encode(path, video(actors, 21, 15))
    joined, whole = cut_and_whole(path, Models(make_options("small-int8", longest=7, crops=False)))
    ours, theirs = (outcome.rows.to_pandas() for outcome in (joined, whole))
    assert set(theirs["person"].dropna()) == {1, 2}
    same = ["source", "frame", "time", "person"]
    assert ours[same].equals(theirs[same])
    box = ["x", "y", "width", "height"]
    np.testing.assert_allclose(ours[box], theirs[box], atol=0.6)  # pixels
    chances = [name for name in ours if name.startswith(("raw_", "smoothed_"))]
    assert np.abs(ours[chances] - theirs[chances]).to_numpy().max() < 0.05
    assert joined.counts == whole.counts


def encode(path: Path, frames: Iterable[Frame]) -> None:
    """Writes a synthetic video at 15 frames a second, with a key frame every second."""
    with av.open(str(path), "w") as container:
        track = container.add_stream("libx264", 15, {"g": "15", "crf": "16", "threads": "1"})
        track.width, track.height, track.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for frame in frames:
            container.mux(track.encode(av.VideoFrame.from_ndarray(frame.pixels)))
        container.mux(track.encode(None))
