import os
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from mien.errors import MediaError
from mien.inference.media.sources import is_moving, open_stream
from tests.inference.media.videos import (
    holds_open,
    image,
    index_of,
    make_sound,
    make_video,
    regular,
)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = threading.enumerate()
    yield
    begun = [thread for thread in threading.enumerate() if thread not in before]
    assert [thread for thread in begun if thread.name.startswith("mien-")] == []


def save(path: Path, index: int, taken: str | None = None, part: str | None = None) -> None:
    exif = Image.Exif()
    if taken:
        exif.get_ifd(0x8769)[0x9003] = taken
    if part:
        exif.get_ifd(0x8769)[0x9291] = part
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(image(index)).save(path, exif=exif)


def test_a_video(shared: Path) -> None:
    clip = shared / "media" / "one_face.mp4"
    with open_stream(clip) as stream:
        assert stream.source == str(clip)
        assert (stream.duration, stream.rate, stream.frame_count) == (2.4, 30.0, 72)
        assert not stream.live
        frames = list(stream)
    assert len(frames) == 72
    assert stream.problems == []
    assert list(stream) == []


def test_leaving_early_closes(tmp_path: Path) -> None:
    video = make_video(tmp_path / "video.mp4", regular(30, 40))
    with open_stream(video) as stream:
        for frame in stream:
            if frame.number == 2:
                break
        assert holds_open(video)
    assert not holds_open(video)
    stream.close()
    for _ in open_stream(video):
        break
    assert not holds_open(video)
    with pytest.raises(KeyboardInterrupt), open_stream(video):
        raise KeyboardInterrupt
    assert not holds_open(video)


def test_an_error_comes_after_the_good_frames(tmp_path: Path) -> None:
    video = make_video(tmp_path / "video.mp4", regular(10, 20), options={"movflags": "faststart"})
    video.write_bytes(video.read_bytes()[:-300])
    frames = []
    stream = open_stream(video)
    with pytest.raises(MediaError, match="ends early"):
        frames.extend(iter_into(frames, stream))
    assert [frame.number for frame in frames] == list(range(len(frames)))
    assert len(frames) >= 10
    assert not holds_open(video)


def iter_into(frames: list[object], stream: Iterator[object]) -> Iterator[object]:
    yield from stream


def test_a_slow_reader_misses_nothing(tmp_path: Path) -> None:
    video = make_video(tmp_path / "video.mp4", regular(30, 12))
    seen = []
    for frame in open_stream(video):
        time.sleep(0.005)
        seen.append(index_of(frame.pixels))
    assert seen == list(range(12))


def test_a_folder_in_natural_order(tmp_path: Path) -> None:
    names = ["IMG_1.jpg", "IMG_2.png", "IMG_10.jpg", "img_11.jpg", "sub2/a.jpg", "sub10/a.jpg"]
    for index, name in enumerate(names):
        save(tmp_path / name, index)
    (tmp_path / "notes.txt").write_text("no image")
    with open_stream(tmp_path) as stream:
        assert (stream.rate, stream.frame_count, stream.live) == (25.0, 6, False)
        assert stream.duration == pytest.approx(6 / 25)
        frames = list(stream)
    assert [index_of(frame.pixels) for frame in frames] == list(range(6))
    assert [frame.time for frame in frames] == pytest.approx([n / 25 for n in range(6)])
    assert [frame.number for frame in frames] == list(range(6))
    assert {frame.source for frame in frames} == {str(tmp_path)}


def test_a_folder_whose_images_say_when_they_were_taken(tmp_path: Path) -> None:
    pillow_heif.register_heif_opener()
    save(tmp_path / "1.jpg", 0, "2024:05:06 07:08:09", "25")
    save(tmp_path / "2.jpg", 1, "2024:05:06 07:08:09", "75 ")
    save(tmp_path / "3.heic", 2, "2024:05:06 07:08:11")
    save(tmp_path / "10.jpg", 3, "2024:05:07 07:08:11")
    with open_stream(tmp_path) as stream:
        assert stream.rate is None
        times = [frame.time for frame in stream]
    assert times == pytest.approx([0, 0.5, 1.75, 86_401.75])
    assert stream.duration == times[-1]


@pytest.mark.parametrize(
    "second", [None, "2024:05:06 07:08:09", "2024:05:06 07:08:08", "0000:00:00 00:00:00", "soon"]
)
def test_times_that_lack_or_do_not_increase_are_not_used(
    tmp_path: Path, second: str | None
) -> None:
    save(tmp_path / "1.jpg", 0, "2024:05:06 07:08:09")
    save(tmp_path / "2.jpg", 1, second)
    with open_stream(tmp_path) as stream:
        assert stream.rate == 25.0
        assert [frame.time for frame in stream] == [0, 0.04]


@pytest.mark.parametrize("timed", [False, True])
def test_unreadable_images_are_skipped_and_listed_in_problems(tmp_path: Path, timed: bool) -> None:
    start = datetime(2024, 5, 6)
    for index in range(4):
        moment = start + timedelta(seconds=index)
        save(tmp_path / f"{index}.jpg", index, f"{moment:%Y:%m:%d %H:%M:%S}" if timed else None)
    (tmp_path / "1.jpg").write_bytes(b"")
    whole = (tmp_path / "2.jpg").read_bytes()
    (tmp_path / "2.jpg").write_bytes(whole[: len(whole) // 2])
    os.mkfifo(tmp_path / "4.jpg")
    with open_stream(tmp_path) as stream:
        frames = list(stream)
    assert [frame.number for frame in frames] == [0, 3]
    assert [frame.time for frame in frames] == pytest.approx([0, 3] if timed else [0, 0.12])
    assert [problem.split(": ")[0] for problem in stream.problems] == [
        str(tmp_path / "1.jpg"),
        str(tmp_path / "2.jpg"),
        str(tmp_path / "4.jpg"),
    ]


def test_a_folder_without_a_readable_image_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no images in this folder"):
        open_stream(tmp_path)
    (tmp_path / "a.jpg").write_bytes(b"")
    with pytest.raises(MediaError, match="none of its 1 images can be read; the first: "):
        list(open_stream(tmp_path))


def test_an_address_of_an_unknown_scheme_is_refused() -> None:
    for url in ("ftp://host/a.mp4", "file:///etc/passwd", "concat://a"):
        with pytest.raises(MediaError, match="not an address that can be opened; use one of http"):
            open_stream(url)


def test_a_source_that_cannot_be_opened_is_reported(tmp_path: Path) -> None:
    Image.fromarray(image(0)).save(tmp_path / "photo.jpg")
    for path, message in (
        (tmp_path / "missing.mp4", "no such file"),
        (tmp_path / "photo.jpg", "not a video"),
        (make_sound(tmp_path / "sound.mp4"), "has no video track"),
    ):
        with pytest.raises(MediaError, match=message):
            open_stream(path)


def test_a_file_with_a_number_for_a_name_is_a_file(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    make_video(tmp_path / "7.mp4", [0, 0.1]).rename("7")
    assert is_moving("7")
    assert len(list(open_stream("7"))) == 2


@pytest.mark.parametrize(
    "source",
    [0, 3, "0", "12", "rtsp://host/a", "HTTP://host/live.m3u8", "missing.mp4", "missing.WEBM"],
)
def test_cameras_and_addresses_are_moving_without_opening_them(source: str | int) -> None:
    assert is_moving(source)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".ts", ".avi", ".flv", ".nut", ".h264"])
def test_videos_are_moving(tmp_path: Path, suffix: str) -> None:
    video = make_video(tmp_path / f"video{suffix}", regular(30, 5))
    if suffix not in (".nut", ".h264"):  # rare, and recognized by their suffix alone
        video = video.rename(tmp_path / "without suffix")
    else:
        video = video.rename(tmp_path / "video.mpg")
    assert is_moving(video)


@pytest.mark.parametrize(
    "name", ["a.jpg", "a.png", "a.gif", "a.webp", "a.bmp", "a.tif", "a.heic", "a.avif", "a.tga"]
)
def test_photos_and_animations_are_not_moving(tmp_path: Path, name: str) -> None:
    pillow_heif.register_heif_opener()
    more = {"save_all": True, "append_images": [Image.fromarray(image(9))]}
    animated = name.endswith((".gif", ".webp", ".png"))
    Image.fromarray(image(0)).save(tmp_path / name, **more if animated else {})
    assert not is_moving(tmp_path / name)
    if not name.endswith((".tga", ".tif")):
        renamed = (tmp_path / name).rename(tmp_path / "odd name")
        assert not is_moving(renamed)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_a_photo_with_the_suffix_of_a_video_is_not_moving(tmp_path: Path, kind: str) -> None:
    Image.fromarray(image(0)).save(tmp_path / "a.mp4", kind)
    assert not is_moving(tmp_path / "a.mp4")


def test_folders_missing_photos_and_other_files_are_not_moving(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "notes.txt").write_text("hello" * 100)
    for source in (tmp_path, tmp_path / "missing.jpg", tmp_path / "missing", "nul\0.jpg"):
        assert not is_moving(source)
    assert not is_moving(tmp_path / "empty.jpg")
    assert not is_moving(tmp_path / "notes.txt")


def test_an_animation_opened_as_a_stream_gives_all_frames(tmp_path: Path) -> None:
    frames = [Image.fromarray(image(index)) for index in (0, 9, 18)]
    frames[0].save(
        tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=[100, 300, 200]
    )
    with open_stream(tmp_path / "a.gif") as stream:
        found = list(stream)
    assert [frame.time for frame in found] == pytest.approx([0, 0.1, 0.4])
    assert [np.abs(f.pixels[30].astype(int) - (40 + 4 * 9 * i)).max() < 9
            for i, f in enumerate(found)] == [True] * 3  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_without_a_writer_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    assert not is_moving(tmp_path / "pipe.jpg")
    with pytest.raises(MediaError, match="not a file"):
        open_stream(tmp_path / "pipe.jpg")
