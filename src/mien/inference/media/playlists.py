"""Playlists: files that name other files and addresses, which a local file must not open."""

from functools import cache

import av

# FFmpeg's formats whose files make it open others: playlists, descriptions of streams, indices.
_OPENING = frozenset(
    (
        *("hls", "dash", "webm_dash_manifest", "concat", "imf", "sdp", "rtsp", "rtp", "sap"),
        *("vobsub", "mlv", "avisynth", "vapoursynth"),
    )
)
_STARTS = (b"#EXTM3U", b"ffconcat version", b"v=0")
_CONTAINS = (b"<MPD", b"<SmoothStreamingMedia", b"<CompositionPlaylist")


@cache
def self_contained_formats() -> str:
    """Returns the formats that FFmpeg may recognize in a local file, as its option names them."""
    return ",".join(sorted(av.formats_available - _OPENING))


def is_playlist(start: bytes) -> bool:
    """Tells a playlist by the first bytes of its file, some hundred or more."""
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    return text.startswith(_STARTS) or any(mark in start for mark in _CONTAINS)
