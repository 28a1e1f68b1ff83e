"""Hosts and origins: how headers write them, and which of them an option may allow."""

import re
from ipaddress import ip_address

from mien.server.errors import ServerError

_EXAMPLE = "studio.example.org"
_PORTS = {"http": "80", "https": "443"}
_MAX_PORT = 65535
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_HEADER = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([\w.-]+))(?::([0-9]{1,5}))?", re.ASCII)
_ORIGIN = re.compile(r"(https?)://(\[[0-9a-f:.]+\]|[^\[\]:/?#@]+)(?::([0-9]{1,5}))?(?:/.*)?")


def is_loopback(host: str) -> bool:
    """Returns whether a host name or address, without a port, is this machine's loopback."""
    if host == "localhost":
        return True
    return is_address(host) and ip_address(host).is_loopback


def is_address(host: str) -> bool:
    """Returns whether a host is an IP address, without brackets."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def host_name(header: str) -> str:
    """Returns the name or address of a Host header, without port and brackets, in lower case.

    An invalid header gives an empty name.
    """
    match = _HEADER.fullmatch(header)
    if match is None or int(match[3] or 0) > _MAX_PORT:
        return ""
    address, name = match[1], match[2]
    if address is not None and (":" not in address or not is_address(address)):
        return ""  # only IPv6 has brackets
    return (address or name).lower()


def origin_host(origin: str) -> str:
    """Returns the host name of a valid origin."""
    return host_name(origin.partition("://")[2])


def bracketed(host: str) -> str:
    """Returns a host as an address of the web has it: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def join_origin(scheme: str, host: str, port: int | str | None) -> str:
    """Returns an origin as browsers write it: without the scheme's own port."""
    has_port = port is not None and str(port) != _PORTS[scheme]
    return f"{scheme}://{bracketed(host)}{f':{port}' if has_port else ''}"


def check_host(host: str) -> None:
    """Checks a host name that requests may have.

    Raises:
        ServerError: it is no host name or address in lower case, or has more than that.
    """
    if not _is_host(host):
        raise ServerError(
            "is not a host name",
            subject=f"--allow-host {host}",
            remedy=f"write one name or address in lower case, such as {_EXAMPLE}, without "
            "scheme, port, path or *",
        )


def check_origin(origin: str) -> None:
    """Checks an origin whose pages may use the server.

    Raises:
        ServerError: it is not written as browsers send it: scheme://host[:port].
    """
    written = _as_sent(origin)
    if origin != written:
        example = written or f"https://{_EXAMPLE}"
        raise ServerError(
            "is not an origin as browsers send it",
            subject=f"--allow-origin {origin}",
            remedy=f"write scheme://host[:port] without path or *, such as {example}",
        )


def _as_sent(text: str) -> str | None:
    """Returns an origin as browsers send it; None if the text names no host."""
    match = _ORIGIN.fullmatch(text.strip().lower())
    if match is None:
        return None
    scheme, name, port = match.groups()
    name = name.strip("[]")
    if not _is_host(name) or int(port or 0) > _MAX_PORT:
        return None
    host = ip_address(name).compressed if is_address(name) else name
    return join_origin(scheme, host, None if port is None else str(int(port)))


def _is_host(text: str) -> bool:
    """A last label of digits would make it an address of IPv4."""
    if is_address(text):
        return "%" not in text and text == text.lower()
    named = len(text) <= 253 and _NAME.fullmatch(text)
    return bool(named) and not text.rpartition(".")[2].isdigit()
