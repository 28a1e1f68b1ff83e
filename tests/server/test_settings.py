"""Settings of a server: which addresses need a token, and what options may name."""

from pathlib import Path

import pytest

from mien.server.errors import ServerError
from mien.server.settings import Settings


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_a_loopback_address_needs_no_token(host: str) -> None:
    assert Settings(host=host).token is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "studio.example", ""])
@pytest.mark.parametrize("token", [None, ""])
def test_an_address_that_is_not_loopback_needs_a_token(host: str, token: str | None) -> None:
    with pytest.raises(ServerError, match="needs a token; give one with --token"):
        Settings(host=host, token=token)
    assert Settings(host=host, token="secret").host == host


def test_a_host_name_of_a_proxy_needs_a_token() -> None:
    with pytest.raises(ServerError, match=r"^studio.example.org: other machines"):
        Settings(allow_hosts=("studio.example.org",))
    assert Settings(allow_hosts=("localhost", "127.0.0.2")).token is None


def test_an_origin_on_this_machine_needs_no_token() -> None:
    assert Settings(allow_origins=("http://localhost:5173",)).token is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"certificate": Path("a.pem")}, "--certificate and --key belong together; give both"),
        ({"key": Path("a.pem")}, "--certificate and --key belong together; give both"),
        (
            {"https": True, "certificate": Path("a.pem"), "key": Path("b.pem")},
            "leave one of them out",
        ),
    ],
)
def test_options_of_https_that_contradict_each_other_are_refused(
    options: dict[str, object], message: str
) -> None:
    with pytest.raises(ServerError, match=message):
        Settings(**options)
