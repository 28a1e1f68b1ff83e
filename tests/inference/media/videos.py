"""Videos made for tests: small, of known frames at known times, and spoilt in known ways."""

import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

BASE = Fraction(1, 60_000)  # the finest that MPEG-4 part 2 takes for usual rates
SAMPLES = 44_100
SETTINGS = {
    "libx264": {"bf": "2", "crf": "10"},
    "mpeg4": {"qmin": "2", "qmax": "2"},
    "mjpeg": {"qmin": "2", "qmax": "2"},
    "ffv1": {},
}


def image(index: int, width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    """A gray that encodes its index, with a red corner at the top left and a blue one beside it."""
    pixels = np.full((height, width, 3), 40 + 4 * (index % 50), np.uint8)
    pixels[: height // 3, : width // 3] = (230, 20, 20)
    pixels[: height // 3, -(width // 3) :] = (20, 20, 230)
    return pixels


def index_of(pixels: NDArray[np.uint8]) -> int:
    """The index of an upright `image`, read from its middle."""
    height, width = pixels.shape[:2]
    middle = pixels[height // 2 - 4 : height // 2 + 4, width // 2 - 4 : width // 2 + 4]
    return round((float(middle.mean()) - 40) / 4)


def corners(pixels: NDArray[np.uint8]) -> str:
    """Names the colours of the four corners: top left, top right, bottom left, bottom right."""
    found = [pixels[y, x].astype(int) for y, x in ((4, 4), (4, -5), (-5, 4), (-5, -5))]
    return "".join(
        "r" if r > b + 60 else "b" if b > r + 60 else "g" for r, _, b in (c.tolist() for c in found)
    )


def regular(rate: float, count: int) -> list[float]:
    return [index / rate for index in range(count)]


def make_video(
    path: Path,
    times: Sequence[float],
    *,
    size: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    turn: tuple[int, bool] | None = None,
    sound: str | None = None,
    sound_lasts: float | None = None,
    pix_fmt: str = "yuv420p",
    options: dict[str, str] | None = None,
    start: int = 0,
    base: Fraction = BASE,
    tags: dict[str, str] | None = None,
) -> Path:
    """Writes `image`s at `times`, in seconds, and a tone as long as they, where `sound` is.

    `tags` are the container's metadata, such as its `creation_time`.
    """
    settings = {"g": "5", "threads": "1"} | SETTINGS[codec]
    with av.open(str(path), "w", container_options=options or {}) as container:
        video = container.add_stream(codec, 30, settings, time_base=base)
        assert isinstance(video, VideoStream)
        container.metadata.update(tags or {})
        video.width, video.height = size
        video.pix_fmt = pix_fmt
        if turn:
            video.set_display_rotation(turn[0], hflip=turn[1])
        audio = container.add_stream(sound, SAMPLES) if sound else None
        assert audio is None or isinstance(audio, AudioStream)
        for index, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(image(start + index, *size))
            frame.pts, frame.time_base = index if codec == "mjpeg" else round(time / base), base
            packets = video.encode(frame)
            if codec == "mjpeg":  # it refuses repeated times, and each of its packets is a frame
                packets[0].pts = packets[0].dts = round(time / base)
            container.mux(packets)
        container.mux(video.encode(None))
        if audio:
            add_tone(container, audio, sound_lasts or times[-1] + 1 / 30)
    return path


def add_tone(container: OutputContainer, audio: AudioStream, lasts: float) -> None:
    wave = np.sin(np.arange(round(lasts * SAMPLES)) * 0.06) * 9000
    for at in range(0, len(wave), 1024):
        samples = np.repeat(wave[at : at + 1024].astype(np.int16), 2)[None]
        frame = av.AudioFrame.from_ndarray(samples, "s16", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLES, at, Fraction(1, SAMPLES)
        container.mux(audio.encode(frame))
    container.mux(audio.encode(None))


def make_sound(path: Path, codec: str = "aac") -> Path:
    """Writes a video with a sound track alone."""
    with av.open(str(path), "w") as container:
        audio = container.add_stream(codec, SAMPLES)
        assert isinstance(audio, AudioStream)
        add_tone(container, audio, 0.3)
    return path


def sound_packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as video:
        return [bytes(packet) for packet in video.demux(audio=0) if packet.size]


def holds_open(path: Path) -> bool:
    """Tells whether this process has a file open (on Linux; False elsewhere)."""
    folder = Path("/proc/self/fd")
    links = list(folder.iterdir()) if folder.is_dir() else []
    return any(os.path.realpath(link) == str(path.resolve()) for link in links)
