import os
import signal
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mien.errors import MediaError
from mien.inference.media import video_writer as video_writer_module
from mien.inference.media.images import Frame
from mien.inference.media.video import VideoReader, open_video
from mien.inference.media.video_writer import VideoWriter
from tests.disk import no_file_over
from tests.inference.media.videos import image, index_of, make_video, regular, sound_packets


def frames_of(path: Path) -> list[Frame]:
    return list(VideoReader(str(path), open_video(path)))


def write(path: Path, times: list[float], source: Path | None = None) -> Path:
    with VideoWriter(path, source) as video:
        for index, time in enumerate(times):
            video.write(time, image(index))
    return path


def write_all(
    video: VideoWriter,
    count: int,
    error: BaseException | None = None,
    noise: NDArray[np.uint8] | None = None,
) -> None:
    for index in range(count):
        video.write(index / 30, image(index) if noise is None else noise[index])
    if error:
        raise error


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("suffix", [".mp4", ".m4v", ".mov", ".mkv", ".MP4"])
def test_images_and_exact_times_are_kept(tmp_path: Path, suffix: str) -> None:
    times = [0, 1 / 30, 2 / 30, 0.1, 0.5, 0.51, 3.0, 60.04]
    frames = frames_of(write(tmp_path / f"new{suffix}", times))
    tolerance = 0.0006 if suffix == ".mkv" else 1e-5
    assert [frame.time for frame in frames] == pytest.approx(times, abs=tolerance)
    assert [index_of(frame.pixels) for frame in frames] == list(range(8))
    assert names(tmp_path) == [f"new{suffix}"]


def test_the_video_is_h264_in_a_common_format(tmp_path: Path) -> None:
    path = write(tmp_path / "new.mp4", regular(30, 5))
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        assert (video.codec_context.name, video.pix_fmt) == ("h264", "yuv420p")
        assert (video.colorspace, video.color_range) == (1, 1)
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_colours_come_back(tmp_path: Path) -> None:
    colors = ((220, 40, 40), (40, 200, 40), (40, 40, 220), (200, 150, 120), (255, 255, 255))
    with VideoWriter(tmp_path / "new.mp4") as video:
        for index, color in enumerate(colors):
            video.write(index / 10, np.full((48, 64, 3), color, np.uint8))
    for frame, color in zip(frames_of(tmp_path / "new.mp4"), colors, strict=True):
        assert np.abs(frame.pixels.astype(int) - color).max() <= 6


@pytest.mark.parametrize("size", [(63, 48), (64, 47), (63, 47), (3, 1)])
def test_odd_sizes_are_made_even(tmp_path: Path, size: tuple[int, int]) -> None:
    width, height = size
    pixels = np.full((height, width, 3), 90, np.uint8)
    with VideoWriter(tmp_path / "new.mp4") as video:
        video.write(0, pixels)
    (frame,) = frames_of(tmp_path / "new.mp4")
    assert frame.pixels.shape == (height + height % 2, width + width % 2, 3)
    assert np.abs(frame.pixels.astype(int) - 90).max() <= 3


def test_a_size_that_changes_is_scaled_to_the_first(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "new.mp4") as video:
        for index, size in enumerate([(64, 48), (96, 80), (33, 21), (64, 48)]):
            video.write(index / 10, image(index, *size))
    frames = frames_of(tmp_path / "new.mp4")
    assert {frame.pixels.shape for frame in frames} == {(48, 64, 3)}
    assert [index_of(frame.pixels) for frame in frames] == [0, 1, 2, 3]


def test_pixels_may_be_a_view(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "new.mp4") as video:
        video.write(0, image(3)[:, ::-1])
    assert index_of(frames_of(tmp_path / "new.mp4")[0].pixels) == 3


def test_times_that_do_not_increase_are_moved_on(tmp_path: Path) -> None:
    path = write(tmp_path / "new.mp4", [0, 0.1, 0.1, 0.05, 0.2])
    assert [frame.time for frame in frames_of(path)] == pytest.approx(
        [0, 0.1, 0.1, 0.1, 0.2], abs=1e-4
    )


@pytest.mark.parametrize(
    ("sound", "source", "target"),
    [("aac", ".mp4", ".mp4"), ("aac", ".mp4", ".mkv"), ("libmp3lame", ".mkv", ".mp4"),
     ("flac", ".mkv", ".mkv"), ("aac", ".mkv", ".mov")],
)  # fmt: skip
def test_sound_is_copied(tmp_path: Path, sound: str, source: str, target: str) -> None:
    times = regular(30, 20)
    old = make_video(tmp_path / f"old{source}", times, sound=sound)
    new = write(tmp_path / f"new{target}", times, old)
    packets = sound_packets(new)
    assert packets == sound_packets(old)[-len(packets) :]
    assert len(packets) >= len(sound_packets(old)) - 2  # what comes before the first image


def test_the_real_clips_sound_is_kept(shared: Path, tmp_path: Path) -> None:
    clip = shared / "media" / "one_face.mp4"
    with VideoWriter(tmp_path / "new.mp4", clip) as video:
        for frame in VideoReader("clip", open_video(clip)):
            video.write(frame.time, frame.pixels[::4, ::4])
    assert sound_packets(tmp_path / "new.mp4") == sound_packets(clip)


def test_sound_that_cannot_be_copied_becomes_aac(tmp_path: Path) -> None:
    times = regular(30, 30)
    old = make_video(tmp_path / "old.mkv", times, sound="pcm_s16le")
    new = write(tmp_path / "new.mp4", times, old)
    with av.open(str(new)) as video:
        audio = video.streams.audio[0]
        assert audio.codec_context.name == "aac"
        heard = np.concatenate([f.to_ndarray()[0] for f in video.decode(audio)])
    assert heard.size == pytest.approx(44_100, abs=3000)
    assert np.abs(heard).max() > 0.2


def test_sound_keeps_its_place_where_the_source_does_not_start_at_0(tmp_path: Path) -> None:
    old = make_video(tmp_path / "old.ts", regular(30, 30), sound="aac")
    new = write(tmp_path / "new.mp4", regular(30, 30), old)
    offsets = []
    for path in (old, new):
        with av.open(str(path)) as container:
            video, audio = container.streams.video[0], container.streams.audio[0]
            first = next(packet for packet in container.demux(audio) if packet.pts is not None)
            offsets.append(float(first.pts * audio.time_base - video.start_time * video.time_base))
    assert offsets[0] == pytest.approx(offsets[1], abs=0.03)


def test_sound_is_cut_where_images_stop_early(tmp_path: Path) -> None:
    old = make_video(tmp_path / "old.mp4", regular(30, 150), sound="aac")
    new = write(tmp_path / "new.mp4", regular(30, 30), old)
    with av.open(str(new)) as video:
        assert float(video.duration) / av.time_base == pytest.approx(1, abs=0.1)


def test_a_source_without_sound_or_that_is_no_video(tmp_path: Path) -> None:
    silent = make_video(tmp_path / "silent.mp4", [0, 0.1])
    for number, source in enumerate((silent, tmp_path, tmp_path / "missing", "0")):
        new = write(tmp_path / f"new{number}.mp4", [0, 0.1], Path(source))
        with av.open(str(new)) as video:
            assert not video.streams.audio


def test_a_damaged_end_of_the_sound_is_left_out(tmp_path: Path) -> None:
    options = {"movflags": "faststart"}
    old = make_video(tmp_path / "old.mp4", regular(30, 30), sound="aac", options=options)
    old.write_bytes(old.read_bytes()[:-2000])
    new = write(tmp_path / "new.mp4", regular(30, 30), old)
    assert 0 < len(sound_packets(new)) < 50
    assert len(frames_of(new)) == 30


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("there.mp4", "already exists; remove it"),
        ("link.mp4", "already exists; remove it"),
        ("new.avi", "not a video format that can be written; use .mp4 or .mkv"),
        ("none/new.mp4", "its folder does not exist"),
    ],
)
def test_a_path_that_cannot_be_written_is_refused_at_once(
    tmp_path: Path, name: str, message: str
) -> None:
    (tmp_path / "there.mp4").write_bytes(b"precious")
    (tmp_path / "link.mp4").symlink_to("nowhere")
    with pytest.raises(MediaError, match=message) as caught:
        VideoWriter(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}: ")
    assert (tmp_path / "there.mp4").read_bytes() == b"precious"


def test_the_source_is_never_overwritten(tmp_path: Path) -> None:
    old = make_video(tmp_path / "old.mp4", [0, 0.1])
    content = old.read_bytes()
    with pytest.raises(MediaError, match="already exists"):
        VideoWriter(old, old)
    assert old.read_bytes() == content


def test_a_folder_without_write_permission_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(MediaError, match="may not be written to"):
        VideoWriter(tmp_path / "new.mp4")


@pytest.mark.parametrize("error", [ValueError("bad"), KeyboardInterrupt()])
def test_an_error_leaves_no_file(tmp_path: Path, error: BaseException) -> None:
    old = make_video(tmp_path / "old.mp4", regular(30, 20), sound="aac")
    with pytest.raises(type(error)) as caught, VideoWriter(tmp_path / "new.mp4", old) as video:
        write_all(video, 10, error)
    assert caught.value is error
    assert names(tmp_path) == ["old.mp4"]


def test_without_an_image_there_is_no_file(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "new.mp4"):
        pass
    assert names(tmp_path) == []


@pytest.mark.parametrize("limit", [0, 20_000])
def test_a_full_disk_raises_an_error_and_leaves_no_file(tmp_path: Path, limit: int) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (40, 120, 160, 3), dtype=np.uint8)
    with (
        no_file_over(limit),
        pytest.raises(MediaError, match=r"new\.mp4: cannot be written \(File too large\)"),
        VideoWriter(tmp_path / "new.mp4") as video,
    ):
        write_all(video, 40, noise=noise)
    assert names(tmp_path) == []


KILLED = """
import os, signal, sys
import numpy as np
from mien.inference.media.video_writer import VideoWriter
with VideoWriter(sys.argv[1]) as video:
    for index in range(60):
        video.write(index / 30, np.zeros((48, 64, 3), np.uint8))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_job_leaves_nothing_under_the_name(tmp_path: Path) -> None:
    path = tmp_path / "new.mp4"
    done = subprocess.run([sys.executable, "-c", KILLED, path], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert not path.exists()


def test_without_x264_mpeg4_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_writer_module.av, "codecs_available", {"mpeg4"})
    path = write(tmp_path / "new.mp4", regular(30, 9))
    with av.open(str(path)) as video:
        assert video.streams.video[0].codec_context.name == "mpeg4"
    frames = frames_of(path)
    assert [frame.time for frame in frames] == pytest.approx(regular(30, 9), abs=1e-5)
