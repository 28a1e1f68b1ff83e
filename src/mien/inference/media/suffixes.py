"""What films are told by where their first bytes do not tell, in lower case."""

MOTION_JPEG = (".mjpeg", ".mjpg")
"""These begin as their first picture does."""

FILMS = frozenset(
    (
        *(".3gp", ".asf", ".avi", ".divx", ".flv", ".h264", ".h265", ".m2ts", ".m4v"),
        *(*MOTION_JPEG, ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf", ".ogv"),
        *(".ts", ".vob", ".webm", ".wmv"),
    )
)

PLAYLISTS = (".m3u8",)
"""These name other files."""
