"""The addresses at which a server can be opened, on this machine and on others."""

import socket
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlencode

import ifaddr

from mien.server.origins import is_address, is_loopback, join_origin, origin_host
from mien.server.settings import Settings

# Reserved for documentation, and nothing is sent there: a UDP socket only chooses a route.
_ELSEWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a server can be opened; all without the token.

    Attributes:
        local: on this machine.
        others: on other machines, the likeliest first; empty if they cannot reach it.
    """

    local: str
    others: tuple[str, ...]

    @classmethod
    def of(cls, settings: Settings, port: int) -> "Addresses":
        """Finds the addresses of a server.

        Args:
            settings: of the server.
            port: that it listens on.
        """
        hosts = _hosts(settings.host)
        others = [join_origin(settings.scheme, host, port) for host in hosts]
        named = _named(settings, port)
        return cls(
            join_origin(settings.scheme, _local_host(settings.host), port),
            tuple(dict.fromkeys((*named, *others))),
        )


def add_token(address: str, settings: Settings) -> str:
    """Returns an address to open: with the token, and with the view to open."""
    query = f"?{urlencode({'token': settings.token})}" if settings.token else ""
    view = "" if settings.study is None else "#/code"
    return f"{address}/{query}{view}"


def certified_hosts(settings: Settings) -> list[str]:
    """Returns every address and name that a server's own certificate should have."""
    loopback = ["localhost", "127.0.0.1", "::1"]
    return [*_hosts(settings.host), *loopback, socket.gethostname(), *settings.allow_hosts]


def is_any(host: str) -> bool:
    """Returns whether a server at `host` listens at every address of the machine."""
    return host == "" or (is_address(host) and ip_address(host).is_unspecified)


def machine_addresses() -> list[str]:
    """Returns the IP addresses by which other machines may reach this one.

    That of the default route comes first, then IPv4, then IPv6. Loopback and link-local addresses
    are left out: a browser cannot open the latter.
    """
    found = {
        ip.ip if isinstance(ip.ip, str) else ip.ip[0]
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
    }
    usable = [
        address
        for address in found
        if not (ip_address(address).is_loopback or ip_address(address).is_link_local)
    ]
    routed = [_routed(family, target) for family, target in _ELSEWHERE]
    return sorted(usable, key=lambda address: (address not in routed, ":" in address, address))


def _routed(family: socket.AddressFamily, target: str) -> str | None:
    """Returns this machine's address on the way to another; None if there is no way."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as line:
            line.connect((target, 9))
            return str(line.getsockname()[0])
    except OSError:
        return None


def _hosts(host: str) -> list[str]:
    """Returns the hosts by which other machines reach a server that listens at `host`."""
    if is_loopback(host):
        return []
    if not is_any(host):
        return [host]
    takes_ipv6 = ":" in host
    takes_ipv4 = not takes_ipv6 or socket.has_dualstack_ipv6()
    return [
        address for address in machine_addresses() if (takes_ipv6 if ":" in address else takes_ipv4)
    ]


def _named(settings: Settings, port: int) -> list[str]:
    """Returns the addresses by name: a proxy's origins, and this machine's names."""
    public = [it for it in settings.allow_origins if origin_host(it) in settings.allow_hosts]
    proxied = {origin_host(origin) for origin in public}
    direct = [] if is_loopback(settings.host) else settings.allow_hosts
    own = [join_origin(settings.scheme, host, port) for host in direct if host not in proxied]
    reachable = [origin for origin in public if not is_loopback(origin_host(origin))]
    return [*reachable, *own]


def _local_host(host: str) -> str:
    if not is_any(host):
        return host
    return "::1" if ":" in host else "127.0.0.1"
