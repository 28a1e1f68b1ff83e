"""Videos of a few small frames, and playlists that name files and addresses."""

from fractions import Fraction
from io import BytesIO
from typing import Any, cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from reliability.fuzz.seeds import Seeds
from reliability.fuzz.seeds.images import picture

ADDRESS = "127.0.0.9:17999"
"""Where a target listens; a playlist must not make Mien connect to it."""

_FRAMES = 6
_RATE = 16_000


def _video(kind: str, codec: str, sound: str | None = None, **options: str) -> bytes:
    buffer = BytesIO()
    flags = {"fflags": "+bitexact"}
    with av.open(buffer, "w", format=kind, container_options=flags | options) as container:
        # x264's other presets look ahead by what lies in memory: one seed would give other bytes.
        settings = {"g": "3", "threads": "1", "flags": "+bitexact", "preset": "ultrafast"}
        if codec != "libx264":
            del settings["preset"]
        stream = cast(VideoStream, container.add_stream(codec, 25, settings))
        stream.width = stream.height = 48
        stream.pix_fmt = "yuv420p"
        # Both before the first packet: the header lists them.
        audio = cast(AudioStream, container.add_stream(sound, _RATE)) if sound else None
        for number in range(_FRAMES):
            image = picture(side=48).rotate(30 * number)
            frame: Any = av.VideoFrame.from_ndarray(np.asarray(image))
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if audio:
            _add_tone(container, audio)
    return buffer.getvalue()


def _add_tone(container: Any, audio: AudioStream) -> None:
    wave = (np.sin(np.arange(1024 * 4) * 0.06) * 9000).astype(np.int16)
    for at in range(0, len(wave), 1024):
        frame: Any = av.AudioFrame.from_ndarray(wave[None, at : at + 1024], "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = _RATE, at, Fraction(1, _RATE)
        container.mux(audio.encode(frame))
    container.mux(audio.encode(None))


def mp4() -> Seeds:
    """H.264, MPEG-4 with sound, in fragments, and in QuickTime's container."""
    return {
        "h264.mp4": _video("mp4", "libx264"),
        "sound.mp4": _video("mp4", "mpeg4", "aac"),
        "parts.mp4": _video("mp4", "mpeg4", movflags="frag_keyframe+empty_moov"),
        "motion.mov": _video("mov", "mpeg4"),
    }


def mkv() -> Seeds:
    """H.264, MPEG-4 with sound, and VP8 for browsers."""
    return {
        "h264.mkv": _video("matroska", "libx264"),
        "sound.mkv": _video("matroska", "mpeg4", "pcm_s16le"),
        "plain.webm": _video("webm", "libvpx"),
    }


def avi() -> Seeds:
    """MPEG-4, lossless FFV1, and MPEG's transport and program streams."""
    return {
        "plain.avi": _video("avi", "mpeg4"),
        "lossless.avi": _video("avi", "ffv1"),
        "plain.ts": _video("mpegts", "mpeg4"),
        "plain.flv": _video("flv", "flv"),
    }


def playlists() -> Seeds:
    """HLS, DASH, concatenation and SDP that name files and addresses."""
    return {
        "files.m3u8": _hls("segment.ts", "file:///dev/zero", "/etc/passwd"),
        "http.m3u8": _hls(f"http://{ADDRESS}/a.ts"),
        "key.m3u8": _hls("segment.ts", head=f'#EXT-X-KEY:METHOD=AES-128,URI="tcp://{ADDRESS}"\n'),
        "master.m3u8": _master(f"http://{ADDRESS}/b.m3u8", f"tcp://{ADDRESS}").encode(),
        "schemes.m3u8": _hls(
            *(f"{scheme}://{ADDRESS}/a.ts" for scheme in ("udp", "rtp", "rtmp", "tls", "ftp")),
            *(f"crypto+http://{ADDRESS}/a.ts", f"concat:http://{ADDRESS}|a", "data:video/mp2t,AA"),
        ),
        "list.ffconcat": _concat("segment.ts", "/dev/zero", f"http://{ADDRESS}/a.ts").encode(),
        "plain.sdp": _sdp().encode(),
        "plain.mpd": _dash().encode(),
        "list.m3u8": b"#EXTM3U\n#EXTINF:1,\nlist.m3u8\n#EXT-X-ENDLIST\n",
    }


def _hls(*names: str, head: str = "") -> bytes:
    lines = "".join(f"#EXTINF:1.0,\n{name}\n" for name in names)
    start = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n"
    return f"{start}{head}{lines}#EXT-X-ENDLIST\n".encode()


def _master(*names: str) -> str:
    lines = "".join(f"#EXT-X-STREAM-INF:BANDWIDTH=100000\n{name}\n" for name in names)
    return f'#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",URI="{names[0]}"\n{lines}'


def _concat(*names: str) -> str:
    lines = "".join(f"file '{name}'\nduration 1\n" for name in names)
    return f"ffconcat version 1.0\n{lines}"


def _sdp() -> str:
    host, port = ADDRESS.split(":")
    return (
        f"v=0\no=- 0 0 IN IP4 {host}\ns=x\nc=IN IP4 {host}\nt=0 0\n"
        f"m=video {port} RTP/AVP 96\na=rtpmap:96 H264/90000\n"
    )


def _dash() -> str:
    return (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT2S"><Period><AdaptationSet mimeType="video/mp4">'
        f"<BaseURL>http://{ADDRESS}/</BaseURL><Representation id='1' bandwidth='100000' "
        'width="48" height="48" codecs="avc1.42c00a"><SegmentTemplate media="$Number$.m4s" '
        'initialization="init.mp4" duration="1" startNumber="1"/></Representation>'
        "</AdaptationSet></Period></MPD>"
    )
