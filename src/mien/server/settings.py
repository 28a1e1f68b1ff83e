"""Settings of a server: address, limits, folder."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from mien.folders import data_folder
from mien.inference.classifier import DEFAULT_MODEL
from mien.inference.detection.detectors import DEFAULT_DETECTOR
from mien.server.errors import ServerError


@dataclass(frozen=True)
class Settings:
    """Settings of a server; the limits apply to one client.

    Attributes:
        host: the address to listen on; 127.0.0.1 can be reached from this machine only.
        port: the port to listen on.
        token: the access token; None for no token, which only a loopback host may have.
        folder: of recorded sessions and profiles.
        model: the name of a shipped model, or the path of a model file.
        prior: the base rates of that model, as `Analyzer` takes them; None for its own.
        detector: the name of the detector.
        max_bytes: of one image.
        max_video_bytes: of one video.
        max_pixels: of one image; more is refused before it is decoded.
        max_video_seconds: of one video.
        requests_a_minute: of one client, by its address.
        queue: the maximum number of queued images; more are refused.
        batch: the maximum number of queued images that are analyzed together.
        upload_seconds: how long one request's body may take to arrive.
        keep_days: the days until a session is deleted; None for never.
        study: the folder of a study to code; None for no study.
        coder: the name of who codes it.

    Raises:
        ServerError: the host is not a loopback address, and there is no token.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = None
    folder: Path = field(default_factory=data_folder)
    model: str = DEFAULT_MODEL
    prior: str | None = None
    detector: str = DEFAULT_DETECTOR
    max_bytes: int = 20 * 2**20
    max_video_bytes: int = 2 * 2**30
    max_pixels: int = 50_000_000
    max_video_seconds: float = 4 * 3600
    requests_a_minute: int = 600
    queue: int = 32
    batch: int = 16
    upload_seconds: float = 30
    keep_days: float | None = None
    study: Path | None = None
    coder: str = ""

    def __post_init__(self) -> None:
        if not self.token and not is_loopback(self.host):
            raise ServerError(
                "other machines can reach this address, so the server needs a token",
                subject=self.host,
                remedy="give one with --token, or leave out --host",
            )


def is_loopback(host: str) -> bool:
    """Returns whether a host name or address, without a port, is this machine's loopback."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
