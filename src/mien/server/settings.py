"""Settings of a server: address, limits, folder."""

from dataclasses import dataclass, field
from pathlib import Path

from mien.folders import data_folder
from mien.inference.classifier import DEFAULT_MODEL
from mien.inference.detection.detectors import DEFAULT_DETECTOR
from mien.server.errors import ServerError
from mien.server.origins import check_host, check_origin, is_loopback


@dataclass(frozen=True)
class Settings:
    """Settings of a server; the limits apply to one client.

    Attributes:
        host: the address to listen on; 127.0.0.1 can be reached from this machine only.
        port: the port to listen on.
        token: the access token; None for no token, which only a loopback host may have.
        allow_hosts: host names of a reverse proxy, or of this machine, that requests may have
            besides addresses.
        allow_origins: other origins whose pages may use the server, as browsers send them.
        https: whether to make a self-signed certificate and listen with it.
        certificate: a file of your own certificate, in PEM, with its chain.
        key: the file of its private key.
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
        webhook_hosts: hosts, with a port if it is not the usual one, that jobs' webhooks may have.
        webhook_secret: signs the webhooks.

    Raises:
        ServerError: other machines can reach the server, and there is no token; or a host or an
            origin is invalid; or a certificate has no key; or webhooks have no secret.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = None
    allow_hosts: tuple[str, ...] = ()
    allow_origins: tuple[str, ...] = ()
    https: bool = False
    certificate: Path | None = None
    key: Path | None = None
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
    webhook_hosts: tuple[str, ...] = ()
    webhook_secret: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        for host in self.allow_hosts:
            check_host(host)
        for origin in self.allow_origins:
            check_origin(origin)
        self._check_certificate()
        if self.webhook_hosts and not self.webhook_secret:
            raise ServerError(
                "webhooks are signed, and there is no secret",
                remedy="set the environment variable MIEN_WEBHOOK_SECRET",
            )
        reachable = next((host for host in self._hosts() if not is_loopback(host)), None)
        if not self.token and reachable is not None:
            raise ServerError(
                "other machines can reach this address, so the server needs a token",
                subject=reachable,
                remedy="give one with --token, or leave out --host and --allow-host",
            )

    @property
    def secure(self) -> bool:
        """Whether the server speaks HTTPS itself."""
        return self.https or self.certificate is not None

    @property
    def scheme(self) -> str:
        """Of the server's own addresses: https or http."""
        return "https" if self.secure else "http"

    def _hosts(self) -> tuple[str, ...]:
        return (self.host, *self.allow_hosts)

    def _check_certificate(self) -> None:
        if (self.certificate is None) != (self.key is None):
            raise ServerError(
                "--certificate and --key belong together", remedy="give both, or use --https"
            )
        if self.https and self.certificate is not None:
            raise ServerError(
                "--https makes a certificate, and --certificate names one",
                remedy="leave one of them out",
            )
