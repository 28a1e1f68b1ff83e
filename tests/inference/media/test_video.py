import gc
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from mien.errors import MediaError
from mien.inference.media import video as video_module
from mien.inference.media.decoding import Clock, Converter
from mien.inference.media.images import Frame
from mien.inference.media.video import VideoReader, open_video
from tests.inference.media.videos import (
    corners,
    holds_open,
    image,
    index_of,
    make_sound,
    make_video,
    regular,
)


def reader_of(path: Path) -> VideoReader:
    return VideoReader(str(path), open_video(path))


def frames_of(path: Path) -> list[Frame]:
    return list(reader_of(path))


def times_of(path: Path) -> list[float]:
    return [frame.time for frame in frames_of(path)]


def test_the_real_clip(shared: Path) -> None:
    reader = reader_of(shared / "media" / "one_face.mp4")
    assert (reader.duration, reader.rate, reader.frame_count) == (2.4, 30.0, 72)
    frames = list(reader)
    assert [frame.number for frame in frames] == list(range(72))
    assert [frame.time for frame in frames] == [float(Fraction(n, 30)) for n in range(72)]
    assert {frame.pixels.shape for frame in frames} == {(360, 640, 3)}
    assert reader.problems == []
    assert frames[0].source.endswith("one_face.mp4")


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".ts", ".avi"])
@pytest.mark.parametrize("rate", [15, 30, 60])
def test_every_rate_and_container(tmp_path: Path, suffix: str, rate: int) -> None:
    times = regular(rate, 12)
    # AVI has a rate and no times.
    options = {"codec": "mpeg4", "base": Fraction(1, rate)} if suffix == ".avi" else {}
    frames = frames_of(make_video(tmp_path / f"video{suffix}", times, **options))
    # Matroska keeps whole milliseconds.
    tolerance = 0.0006 if suffix == ".mkv" else 1e-9
    assert [frame.time for frame in frames] == pytest.approx(times, abs=tolerance)
    assert [index_of(frame.pixels) for frame in frames] == list(range(12))
    assert all(frame.pixels.flags.c_contiguous and frame.pixels.flags.writeable for frame in frames)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_a_variable_rate_is_kept(tmp_path: Path, suffix: str) -> None:
    times = [0, 0.04, 0.05, 0.5, 0.52, 2.0, 2.001, 9.0]
    video = make_video(tmp_path / f"video{suffix}", times)
    assert times_of(video) == pytest.approx(times, abs=1e-9)


def test_times_start_at_0_wherever_the_container_starts(tmp_path: Path) -> None:
    video = make_video(tmp_path / "video.mkv", [7.0, 7.25, 8.0])
    assert times_of(video) == [0, 0.25, 1]


@pytest.mark.parametrize(
    ("turn", "expected"),
    # The image as stored is "rbgg". Turns are counter-clockwise; mirrors follow them.
    [
        ((0, False), "rbgg"),
        ((90, False), "bgrg"),
        ((180, False), "ggbr"),
        ((270, False), "grgb"),
        ((0, True), "brgg"),
        ((90, True), "gbgr"),
        ((180, True), "ggrb"),
        ((270, True), "rgbg"),
    ],
)
def test_rotated_and_mirrored_videos_become_upright(
    tmp_path: Path, turn: tuple[int, bool], expected: str
) -> None:
    frame = frames_of(make_video(tmp_path / "video.mp4", [0, 0.1], turn=turn))[0]
    assert corners(frame.pixels) == expected
    assert frame.pixels.shape == ((48, 64, 3) if turn[0] % 180 == 0 else (64, 48, 3))
    assert frame.pixels.flags.c_contiguous


def test_the_frame_size_may_change_midway(tmp_path: Path) -> None:
    small = make_video(tmp_path / "small.ts", regular(30, 8))
    large = make_video(tmp_path / "large.ts", regular(30, 8), size=(96, 80), start=8)
    video = tmp_path / "joined.ts"
    video.write_bytes(small.read_bytes() + large.read_bytes())
    frames = frames_of(video)
    assert [frame.pixels.shape[:2] for frame in frames] == [(48, 64)] * 8 + [(80, 96)] * 8
    assert [index_of(frame.pixels) for frame in frames] == list(range(16))
    # The second begins at the first one's stamps again, and follows it all the same.
    assert [frame.time for frame in frames] == pytest.approx(regular(30, 16), abs=1e-3)


def test_repeated_times_are_moved_on(tmp_path: Path) -> None:
    video = make_video(tmp_path / "video.mkv", [0, 0.1, 0.1, 0.1, 0.2], codec="mjpeg",
                     pix_fmt="yuvj420p")  # fmt: skip
    assert times_of(video) == pytest.approx([0, 0.1, 0.101, 0.102, 0.2])


def test_negative_times_start_at_0(tmp_path: Path) -> None:
    options = {"avoid_negative_ts": "disabled"}
    video = make_video(tmp_path / "video.ts", [-0.5, -0.4, 0.1], options=options)
    assert times_of(video) == pytest.approx([0, 0.1, 0.6])


def test_missing_times_follow_the_usual_gap(tmp_path: Path) -> None:
    reader = reader_of(make_video(tmp_path / "video.h264", regular(30, 5)))
    assert reader.duration is None
    assert reader.frame_count is None
    gaps = np.diff([frame.time for frame in reader])
    assert len(gaps) == 4
    np.testing.assert_allclose(gaps, gaps[0])


def test_the_clock_repairs_timestamps() -> None:
    clock = Clock(Fraction(1, 10))
    stamps = (None, 5, "5.1", "5.1", "5.05", None, "5.3", 99, 1, 2, None, "2.05")
    times = [clock.read(None if stamp is None else Fraction(stamp)) for stamp in stamps]
    expected = [0, 0.1, 0.2, 0.201, 0.202, 0.302, 0.4, 94.1, 94.2, 95.2, 95.3, 95.301]
    assert times == pytest.approx(expected, abs=1e-12)


@settings(max_examples=200)
@given(st.lists(st.one_of(st.none(), st.fractions(-1000, 1000, max_denominator=90_000))))
def test_times_strictly_increase_whatever_the_stamps(stamps: list[Fraction | None]) -> None:
    clock = Clock()
    times = [clock.read(stamp) for stamp in stamps]
    assert times[:1] in ([], [0])
    assert all(later > earlier for earlier, later in pairwise(times))


WHOLE: dict[str, tuple[bytes, int]] = {}


def whole(suffix: str, folder: Path) -> bytes:
    if suffix not in WHOLE:
        kinds = {
            ".mp4": {"options": {"movflags": "faststart"}},
            ".avi": {"codec": "mpeg4", "base": Fraction(1, 10)},
        }
        video = make_video(folder / f"whole{suffix}", regular(10, 20), **kinds.get(suffix, {}))
        WHOLE[suffix] = (video.read_bytes(), 20)
    return WHOLE[suffix][0]


@settings(
    max_examples=80,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data(), st.sampled_from([".mp4", ".mkv", ".ts", ".avi"]))
def test_a_video_cut_at_any_byte_gives_its_good_frames(
    tmp_path: Path, data: st.DataObject, suffix: str
) -> None:
    content = whole(suffix, tmp_path)
    video = tmp_path / f"cut{suffix}"
    video.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    frames: list[Frame] = []
    error = read_into(frames, video)
    # A transport stream does not show that its last image is cut.
    good = frames[:-1] if suffix == ".ts" else frames
    assert [index_of(frame.pixels) for frame in good] == list(range(len(good)))
    assert error.startswith(str(video)) or not error
    # Up to half a second may be missing without an error, and more from a transport stream.
    assert error or len(frames) >= (1 if suffix == ".ts" else 15)


def read_into(frames: list[Frame], video: Path) -> str:
    """Adds the video's frames to `frames`, and returns the error that ended it, if any."""
    try:
        frames.extend(reader_of(video))
    except MediaError as error:
        return str(error)
    return ""


def test_the_error_of_a_cut_video_says_where_it_ends(tmp_path: Path) -> None:
    video = make_video(tmp_path / "video.mp4", regular(10, 20), options={"movflags": "faststart"})
    video.write_bytes(video.read_bytes()[:-300])
    frames: list[Frame] = []
    error = read_into(frames, video)
    assert 10 <= len(frames) < 20
    assert error == (
        f"{video}: the video ends early, after {len(frames)} frames, "
        f"at {frames[-1].time:.2f} s of {reader_of(video).duration:.2f} s; copy or save it again."
    )


def blank(video: Path, wanted: slice) -> None:
    """Overwrites some of the packets with zeros."""
    with av.open(str(video)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size][wanted]
    content = bytearray(video.read_bytes())
    for packet in packets:
        at = content.index(bytes(packet))
        content[at : at + packet.size] = bytes(packet.size)
    video.write_bytes(content)


def test_damaged_packets_are_skipped_and_counted_in_problems(tmp_path: Path) -> None:
    video = make_video(tmp_path / "video.mp4", regular(10, 30), codec="mjpeg", pix_fmt="yuvj420p")
    blank(video, slice(12, 15))
    reader = reader_of(video)
    frames = list(reader)
    kept = [*range(12), *range(15, 30)]
    assert [index_of(frame.pixels) for frame in frames] == kept
    assert [frame.time for frame in frames] == pytest.approx([index / 10 for index in kept])
    assert reader.problems == [f"{video}: skipped 3 damaged pieces."]


def test_a_video_without_a_decodable_frame_is_refused(tmp_path: Path) -> None:
    video = make_video(tmp_path / "video.mp4", regular(10, 5), codec="mjpeg", pix_fmt="yuvj420p")
    blank(video, slice(None))
    with pytest.raises(MediaError, match=r"video\.mp4: has no frame that can be decoded"):
        frames_of(video)


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data(), st.sampled_from([".mp4", ".mkv", ".ts", ".avi"]))
def test_a_damaged_video_gives_frames_or_one_error(
    tmp_path: Path, data: st.DataObject, suffix: str
) -> None:
    content = bytearray(whole(suffix, tmp_path))
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=20)):
        content[at] = data.draw(st.integers(0, 255))
    video = tmp_path / f"damaged{suffix}"
    video.write_bytes(content)
    frames: list[Frame] = []
    error = read_into(frames, video)
    assert error.startswith(str(video)) or not error
    times = [frame.time for frame in frames]
    assert times == sorted(set(times))


def test_a_file_without_a_video_track_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"sound\.mp4: has no video track; choose a file"):
        reader_of(make_sound(tmp_path / "sound.mp4"))
    assert not holds_open(tmp_path / "sound.mp4")


def test_the_cover_of_a_song_is_no_video_track(tmp_path: Path) -> None:
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as song:
        cover = song.add_stream("mjpeg", 1)
        assert isinstance(cover, av.VideoStream)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        song.mux(cover.encode(av.VideoFrame.from_ndarray(image(0))))
        song.mux(cover.encode(None))
    with pytest.raises(MediaError, match="has no video track"):
        reader_of(path)


@pytest.mark.parametrize(("suffix", "known"), [(".mp4", b"avc1"), (".mkv", b"V_MPEG4/ISO/AVC")])
def test_an_unknown_codec_is_refused(tmp_path: Path, suffix: str, known: bytes) -> None:
    video = make_video(tmp_path / f"video{suffix}", regular(30, 5))
    video.write_bytes(video.read_bytes().replace(known, known[:-2] + b"ZZ"))
    with pytest.raises(MediaError, match=r"its video codec is unknown .* convert it to H\.264"):
        reader_of(video)


def test_a_video_without_frames_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none.mp4"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", 30)
        assert isinstance(video, av.VideoStream)
        video.width, video.height = 64, 48
        container.start_encoding()
    with pytest.raises(MediaError, match=r"none\.mp4: has no video track"):
        frames_of(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.mp4", b"", "the file is empty"),
        ("text.mp4", b"hello\n" * 99, "not a video"),
        ("text.txt", b"hello\n" * 99, "not a video"),
        ("lines.srt", b"1\n00:00:01,000 --> 00:00:02,000\nhi\n", "has no video track"),
    ],
)
def test_a_file_that_is_not_a_video_is_refused(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MediaError, match=message) as caught:
        reader_of(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}: ")


def test_a_missing_file_a_folder_a_photo_and_a_bad_name_are_refused(tmp_path: Path) -> None:
    Image.fromarray(image(0)).save(tmp_path / "photo.jpg")
    for path, message in (
        (tmp_path / "missing.mp4", "no such file"),
        (tmp_path, "not a file"),
        (tmp_path / "photo.jpg", "not a video"),
        (Path("nul\0byte.mp4"), "not a video"),
    ):
        with pytest.raises(MediaError, match=message):
            reader_of(path)


@pytest.mark.parametrize(
    "text",
    [
        # Without an end it is live: FFmpeg asks for its next segment for ever.
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nvideo.mp4\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile video.mp4\n",
        '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period/></MPD>',
        "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
    ],
)
@pytest.mark.parametrize("name", ["list.m3u8", "video-of-someone.mp4"])
def test_a_playlist_is_refused_whatever_its_name(tmp_path: Path, text: str, name: str) -> None:
    make_video(tmp_path / "video.mp4", [0, 0.1])
    (tmp_path / name).write_text(text)
    with pytest.raises(MediaError, match=rf"{name}: is a playlist.*give its address, or one of"):
        reader_of(tmp_path / name)


def test_a_playlist_that_is_not_recognized_opens_no_other_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_video(tmp_path / "video.mp4", [0, 0.1])
    (tmp_path / "list.mp4").write_text("ffconcat version 1.0\nfile video.mp4\n")
    monkeypatch.setattr(video_module, "is_playlist", lambda _: False)
    with pytest.raises(MediaError, match="not a video"):
        reader_of(tmp_path / "list.mp4")


@pytest.mark.parametrize("name", ["été.mp4", "写真 😀.mkv", "http:a.mp4", "bad\udcff.mp4", "-i.ts"])
def test_unicode_and_unusual_file_names_work(tmp_path: Path, name: str) -> None:
    video = tmp_path / name
    make_video(tmp_path / f"video{video.suffix}", [0, 0.1]).rename(video)
    assert [frame.source for frame in frames_of(video)] == [str(video)] * 2


def test_metadata_that_is_not_unicode(tmp_path: Path) -> None:
    video = make_video(tmp_path / "video.mkv", [0, 0.1])
    content = video.read_bytes()
    assert b"Lavf" in content
    video.write_bytes(content.replace(b"Lavf", b"L\xe9vf"))
    assert len(frames_of(video)) == 2


def test_the_file_is_closed_at_the_end_and_before(tmp_path: Path) -> None:
    video = make_video(tmp_path / "video.mp4", regular(30, 9))
    frames_of(video)
    assert not holds_open(video)
    frames = iter(reader_of(video))
    next(frames)
    assert holds_open(video)
    del frames
    assert not holds_open(video)


WEIGHTS = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 9: (0.2627, 0.0593)}  # red and blue, of luma


def flat(rgb: tuple[int, int, int], matrix: int, full: bool, bits: int) -> av.VideoFrame:
    """An image of one colour, converted here by the standards' own formulas."""
    red, blue = WEIGHTS[matrix]
    r, g, b = (value / 255 for value in rgb)
    luma = red * r + (1 - red - blue) * g + blue * b
    chroma = ((b - luma) / 2 / (1 - blue), (r - luma) / 2 / (1 - red))
    scale, top = 2 ** (bits - 8), 2**bits - 1
    if full:
        values = (luma * top, *(c * top + 128 * scale for c in chroma))
    else:
        values = ((16 + 219 * luma) * scale, *((128 + 224 * c) * scale for c in chroma))
    frame = av.VideoFrame(64, 48, "yuv420p" if bits == 8 else "yuv420p10le")
    for plane, value in zip(frame.planes, values, strict=True):
        np.frombuffer(plane, np.uint8 if bits == 8 else np.uint16)[:] = min(round(value), top)
    frame.colorspace, frame.color_range = matrix, 2 if full else 1
    return frame


COLORS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (200, 150, 120), (255, 255, 255), (0, 0, 0))


@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", sorted(WEIGHTS))
def test_colours_follow_matrix_range_and_depth(matrix: int, full: bool, bits: int) -> None:
    converter = Converter()
    for color in COLORS:
        pixels = converter.pixels(flat(color, matrix, full, bits))
        assert np.abs(pixels.astype(int) - color).max() <= 4


def test_an_unstated_matrix_is_guessed_by_height() -> None:
    converter = Converter()
    for size, matrix in (((64, 48), 5), ((1280, 720), 1)):
        small = flat((200, 30, 30), matrix, full=False, bits=8)
        frame = small.reformat(*size)
        for unknown in (2, 3, 8, 14):
            frame.colorspace = unknown
            pixels = converter.pixels(frame)
            assert np.abs(pixels[9, 9].astype(int) - (200, 30, 30)).max() <= 4


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (63, 47), (641, 361)])
@pytest.mark.parametrize("kind", ["yuv420p", "nv12", "gray", "yuyv422", "rgba", "gbrp", "pal8"])
def test_every_size_and_kind_of_image(size: tuple[int, int], kind: str) -> None:
    pixels = Converter().pixels(av.VideoFrame(*size, kind))
    assert pixels.shape == (size[1], size[0], 3)
    assert pixels.dtype == np.uint8


def test_frames_are_freed_without_the_garbage_collector(tmp_path: Path) -> None:
    frames = iter(reader_of(make_video(tmp_path / "video.mp4", regular(30, 20))))
    next(frames)
    gc.collect()
    gc.disable()
    try:
        images = sum(1 for _ in frames)
        left = sum(type(thing) is av.VideoFrame for thing in gc.get_objects())
    finally:
        gc.enable()
    assert images == 19
    assert left <= 2
