"""Connecting: a camera of this machine, or a stream's address, becomes an open container."""

import errno
import re
import sys
from dataclasses import dataclass

import av
from av.container import InputContainer

from mien.errors import MediaError
from mien.inference.media.video import reason

SCHEMES = ("http", "https", "rtsp", "rtsps", "rtmp", "rtmps", "rtp", "tcp", "udp")
"""What a stream's address may begin with; HLS is HTTP."""

_OPTIONS = {
    "rtsp": {"rtsp_transport": "tcp"},  # UDP loses packets, and most firewalls drop it
    "rtsps": {"rtsp_transport": "tcp"},
    "udp": {"overrun_nonfatal": "1", "fifo_size": "50000"},
}
# What a stream may open in turn: the network, and never a file of this machine.
_PROTOCOLS = "http,https,httpproxy,tls,tcp,udp,udplite,rtp,rtsp,rtmp,rtmps,crypto,data"
_ANALYZED = "1000000"  # microseconds to look at before the first frame; FFmpeg takes 5 s
_CAMERAS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait, in seconds.

    Attributes:
        opening: for a source to answer and to show what it sends.
        reading: for the next piece of a source that is open.
        first_delay: before the first attempt to reconnect; it doubles with each attempt.
        longest_delay: between two attempts.
        patience: without a frame, until a source that was lost is given up.
    """

    opening: float = 10.0
    reading: float = 10.0
    first_delay: float = 0.5
    longest_delay: float = 30.0
    patience: float = 300.0

    @property
    def silence(self) -> float:
        """The longest that even a slow attempt takes; a thread silent for longer is stuck."""
        return self.opening + self.reading + self.longest_delay + 5.0


def shown(url: str) -> str:
    """Returns an address without its password, which has no place in results and messages."""
    return re.sub(r"^([a-z][a-z0-9+.-]*://[^/@:]*):[^/]*@", r"\1:***@", url, flags=re.I)


def open_url(url: str, limits: Limits | None = None) -> InputContainer:
    """Connects to a stream.

    Raises:
        MediaError: the stream refuses, does not answer in time, or sends no film.
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
            f"{shown(url)}: did not answer within {limits.opening:g} s; check that it is on."
        ) from None
    except (av.FFmpegError, ValueError) as error:
        raise MediaError(
            f"{shown(url)}: cannot be opened ({reason(error)}); check the address."
        ) from None


def open_camera(number: int, limits: Limits | None = None) -> InputContainer:
    """Opens a camera of this machine.

    Args:
        number: from 0, in the order of the system.
        limits: how long to wait.

    Raises:
        MediaError: the camera is absent or busy, or may not be used.
    """
    limits = limits or Limits()
    try:
        device, kind = _camera(number)
        return av.open(device, format=kind, timeout=(limits.opening, limits.reading))
    except (av.FFmpegError, OSError, ValueError, LookupError) as error:
        raise MediaError(f"camera {number}: {_camera_remedy(error)}") from None


def _camera(number: int) -> tuple[str, str]:
    kind = _CAMERAS.get(sys.platform, "v4l2")
    if kind == "v4l2":
        return f"/dev/video{number}", kind
    if kind == "avfoundation":
        return f"{number}:none", kind
    devices = [d for d in av.enumerate_input_devices(kind) if "video" in d.media_types]
    return f"video={devices[number].name}", kind


def _camera_remedy(error: Exception) -> str:
    code = getattr(error, "errno", None)
    if code == errno.EBUSY:
        return "is busy; close the program that uses it."
    if code in (errno.EACCES, errno.EPERM):
        return "may not be used; allow this program, or this user, to use cameras."
    if code in (errno.ENOENT, errno.ENODEV, errno.ENXIO) or isinstance(error, IndexError):
        return "is not there; plug it in, or give another number."
    return f"cannot be used ({reason(error)}); try another number, or plug it in again."
