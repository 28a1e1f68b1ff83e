"""Opens cameras and streams, and waits for them no longer than `Limits` allow."""

import errno
import re
import sys
from dataclasses import dataclass

import av
from av.container import InputContainer

from mien.errors import MediaError
from mien.inference.media.video import reason

SCHEMES = ("http", "https", "rtsp", "rtsps", "rtmp", "rtmps", "rtp", "tcp", "udp")
"""Schemes of the addresses that can be opened; HLS is HTTP."""

_OPTIONS = {
    "rtsp": {"rtsp_transport": "tcp"},  # UDP loses packets, and most firewalls drop it
    "rtsps": {"rtsp_transport": "tcp"},
    "udp": {"overrun_nonfatal": "1", "fifo_size": "50000"},
}
# Protocols that a stream may open in turn: the network, never a file of this machine.
_PROTOCOLS = "http,https,httpproxy,tls,tcp,udp,udplite,rtp,rtsp,rtmp,rtmps,crypto,data"
_ANALYZED = "1000000"  # microseconds to analyze before the first frame; FFmpeg takes 5 s
_CAMERAS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}


@dataclass(frozen=True, slots=True)
class Limits:
    """Timeouts and retry delays of a live source, in seconds.

    Attributes:
        opening: timeout for a source to connect and to describe its tracks.
        reading: timeout for the next packet of an open source.
        first_delay: delay before the first attempt to reconnect; doubles with each attempt.
        longest_delay: upper bound of the delay between two attempts.
        timeout: time without a frame after which reconnecting stops.
    """

    opening: float = 10.0
    reading: float = 10.0
    first_delay: float = 0.5
    longest_delay: float = 30.0
    timeout: float = 300.0

    @property
    def silence(self) -> float:
        """The longest time that one attempt takes; a thread silent for longer is stuck."""
        return self.opening + self.reading + self.longest_delay + 5.0


def hide_password(url: str) -> str:
    """Masks the password of an address, so that results and messages do not contain it."""
    return re.sub(r"^([a-z][a-z0-9+.-]*://[^/@:]*):[^/]*@", r"\1:***@", url, flags=re.I)


def open_url(url: str, limits: Limits | None = None) -> InputContainer:
    """Connects to a stream.

    Raises:
        MediaError: the stream refuses, does not answer in time, or sends no video.
    """
    limits = limits or Limits()
    scheme = url.partition("://")[0].lower()
    try:
        return av.open(
            url,
            metadata_errors="replace",
            timeout=(limits.opening, limits.reading),
            container_options={
                **_OPTIONS.get(scheme, {}),
                "analyzeduration": _ANALYZED,
                "protocol_whitelist": _PROTOCOLS,
            },
        )
    except av.ExitError:
        raise MediaError(
            f"did not answer within {limits.opening:g} s",
            subject=hide_password(url),
            remedy="check that the source is on",
        ) from None
    except (av.FFmpegError, ValueError) as error:
        raise MediaError(
            f"cannot be opened ({reason(error)})",
            subject=hide_password(url),
            remedy="check the address",
        ) from None


def open_camera(number: int, limits: Limits | None = None) -> InputContainer:
    """Opens a camera of this machine.

    Args:
        number: from 0, in the order of the system.
        limits: timeouts.

    Raises:
        MediaError: the camera is absent or busy, or access is denied.
    """
    limits = limits or Limits()
    try:
        device, kind = _camera(number)
        return av.open(device, format=kind, timeout=(limits.opening, limits.reading))
    except (av.FFmpegError, OSError, ValueError, LookupError) as error:
        problem, remedy = _camera_problem(error)
        raise MediaError(problem, subject=f"camera {number}", remedy=remedy) from None


def _camera(number: int) -> tuple[str, str]:
    kind = _CAMERAS.get(sys.platform, "v4l2")
    if kind == "v4l2":
        return f"/dev/video{number}", kind
    if kind == "avfoundation":
        return f"{number}:none", kind
    devices = [d for d in av.enumerate_input_devices(kind) if "video" in d.media_types]
    return f"video={devices[number].name}", kind


def _camera_problem(error: Exception) -> tuple[str, str]:
    """Returns what is wrong with a camera, and the remedy."""
    code = getattr(error, "errno", None)
    if code == errno.EBUSY:
        return "is busy", "close the program that uses it"
    if code in (errno.EACCES, errno.EPERM):
        return "permission denied", "allow this program and this user to use cameras"
    if code in (errno.ENOENT, errno.ENODEV, errno.ENXIO) or isinstance(error, IndexError):
        return "not found", "plug it in or choose another number"
    return f"cannot be used ({reason(error)})", "plug it in again or choose another number"
