"""What a server is told when it starts: its address, its limits, where it keeps what it records."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from mien.folders import data_folder
from mien.inference.classifier import DEFAULT_MODEL
from mien.server.errors import ServerError


@dataclass(frozen=True)
class Settings:
    """How a server behaves; the limits are what one client may ask of it.

    Attributes:
        host: the address to listen at; 127.0.0.1 is reached from this machine alone.
        port: the port to listen at.
        token: what a client must show; None asks for nothing, which only a loopback host may.
        folder: where recorded sessions and profiles are kept.
        model: the name of a shipped model, or the path of a model file.
        max_bytes: of one image.
        max_video_bytes: of one video.
        max_pixels: of one image; more is refused before it is decoded.
        max_video_seconds: of one video.
        requests_a_minute: of one client, by its address.
        queue: how many images may wait for analysis; more are refused until some are done.
        batch: how many waiting images are analysed together at most.
        upload_seconds: how long one request's body may take to arrive.
        keep_days: how long a recorded session is kept; None keeps it until it is deleted.

    Raises:
        ServerError: the host is not a loopback address, and there is no token.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = None
    folder: Path = field(default_factory=data_folder)
    model: str = DEFAULT_MODEL
    max_bytes: int = 20 * 2**20
    max_video_bytes: int = 2 * 2**30
    max_pixels: int = 50_000_000
    max_video_seconds: float = 4 * 3600
    requests_a_minute: int = 600
    queue: int = 32
    batch: int = 16
    upload_seconds: float = 30
    keep_days: float | None = None

    def __post_init__(self) -> None:
        if not self.token and not is_loopback(self.host):
            raise ServerError(
                "others can reach this address, so the server needs a token",
                subject=self.host,
                remedy="give one with --token, or leave out --host",
            )


def is_loopback(host: str) -> bool:
    """Tells whether a host's name or address, without a port, reaches this machine alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
