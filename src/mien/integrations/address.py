"""Addresses of programs that results are sent to: `mqtt://host/name`, `osc://host:port`."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from mien.errors import MienError


@dataclass(frozen=True, slots=True)
class Address:
    """Where results go.

    Attributes:
        scheme: of the address, in lower case.
        host: its host.
        port: its port, or the usual one.
        name: what follows the host, without slashes at its ends; may be empty.
    """

    scheme: str
    host: str
    port: int
    name: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"


PORTS = {"mqtt": 1883, "mqtts": 8883, "osc": 9000}
"""The known schemes, and the port that each has by custom."""


def parse_address(text: str) -> Address:
    """Reads an address.

    Raises:
        MienError: its scheme is not known, it has no host, its port is none, or it holds a
            password, which other users of the machine could read there.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise MienError(
            "not an address", subject=text[:80], remedy="write osc://127.0.0.1:9000"
        ) from None
    if parts.scheme.lower() not in PORTS or not parts.hostname:
        raise MienError(
            "not an address that results can be sent to",
            subject=text[:80],
            remedy=f"use one of {', '.join(f'{scheme}://host' for scheme in PORTS)}",
        )
    if parts.username or parts.password:
        raise MienError(
            "an address must not hold a password",
            subject=f"{parts.scheme}://{parts.hostname}",
            remedy="set MIEN_MQTT_USER and MIEN_MQTT_PASSWORD",
        )
    scheme = parts.scheme.lower()
    return Address(scheme, parts.hostname, port or PORTS[scheme], parts.path.strip("/"))
