"""Addresses at which a server can be opened, on this machine and on others."""

import socket
from ipaddress import ip_address
from pathlib import Path

import pytest

from mien.server import addresses
from mien.server.addresses import Addresses, add_token, certified_hosts, machine_addresses
from mien.server.settings import Settings

LAN = ["192.168.1.7", "10.0.0.3", "fd00::7"]
STUDIO = "studio.example.org"


@pytest.fixture(autouse=True)
def _two_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "machine_addresses", lambda: LAN)


def others(**options: object) -> tuple[str, ...]:
    return Addresses.of(Settings(token="secret", **options), 8000).others


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("localhost", "http://localhost:8000"),
        ("::1", "http://[::1]:8000"),
    ],
)
def test_a_loopback_server_has_its_own_address_alone(host: str, local: str) -> None:
    assert Addresses.of(Settings(host=host), 8000) == Addresses(local, ())


def test_a_server_of_all_addresses_has_those_of_its_machine() -> None:
    assert others(host="0.0.0.0") == ("http://192.168.1.7:8000", "http://10.0.0.3:8000")
    found = Addresses.of(Settings(host="0.0.0.0", token="secret"), 8000)
    assert found.local == "http://127.0.0.1:8000"


@pytest.mark.parametrize("both", [True, False])
def test_a_server_of_all_ipv6_addresses_takes_ipv4_if_the_system_can(
    monkeypatch: pytest.MonkeyPatch, both: bool
) -> None:
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: both)
    ipv4 = ("http://192.168.1.7:8000", "http://10.0.0.3:8000") if both else ()
    assert others(host="::") == (*ipv4, "http://[fd00::7]:8000")


def test_a_server_of_one_address_has_that_one() -> None:
    found = Addresses.of(Settings(host="192.168.1.7", token="secret"), 8000)
    assert found == Addresses("http://192.168.1.7:8000", ("http://192.168.1.7:8000",))


def test_the_port_of_the_scheme_is_left_out() -> None:
    settings = Settings(host="192.168.1.7", token="secret", https=True)
    assert Addresses.of(settings, 443).local == "https://192.168.1.7"
    assert Addresses.of(settings, 80).local == "https://192.168.1.7:80"


def test_a_proxy_is_an_address_once_its_host_and_its_origin_are_named() -> None:
    origin = f"https://{STUDIO}"
    assert others(allow_hosts=(STUDIO,), allow_origins=(origin,)) == (origin,)
    assert others(allow_origins=(origin,)) == ()  # another site, whose pages may call the API
    assert others(allow_hosts=(STUDIO,)) == ()  # its scheme and port are unknown
    assert others(allow_hosts=("localhost",), allow_origins=("http://localhost:5173",)) == ()


def test_a_name_of_this_machine_is_an_address_at_its_port() -> None:
    found = others(host="0.0.0.0", https=True, allow_hosts=("nas.local",))
    assert found[:2] == ("https://nas.local:8000", "https://192.168.1.7:8000")


def test_the_token_and_the_view_are_part_of_an_address_to_open(tmp_path: Path) -> None:
    settings = Settings(token="a&b c", study=tmp_path)
    assert add_token("http://a:1", settings) == "http://a:1/?token=a%26b+c#/code"
    assert add_token("http://a:1", Settings()) == "http://a:1/"


def test_a_certificate_is_for_every_address_and_name() -> None:
    hosts = certified_hosts(Settings(host="::", token="secret", allow_hosts=(STUDIO,)))
    local = {"localhost", "127.0.0.1", "::1"}
    assert set(hosts) == {*LAN, *local, socket.gethostname(), STUDIO}


def test_the_addresses_of_this_machine_can_be_opened_by_others() -> None:
    found = [ip_address(address) for address in machine_addresses()]
    assert len(set(found)) == len(found)
    assert not [it for it in found if it.is_loopback or it.is_link_local or it.is_unspecified]


def test_the_address_of_the_default_route_comes_first() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        try:
            line.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            pytest.skip("this machine has no route to other machines")
        routed = line.getsockname()[0]
    if ip_address(routed).is_loopback:
        pytest.skip("this machine has no address but the loopback")
    assert machine_addresses()[0] == routed
