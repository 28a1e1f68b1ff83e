"""Settings of a server: which addresses need a token."""

import pytest

from mien.server.errors import ServerError
from mien.server.origins import is_loopback
from mien.server.settings import Settings


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_a_loopback_address_needs_no_token(host: str) -> None:
    assert is_loopback(host)
    assert Settings(host=host).token is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "studio.example", ""])
@pytest.mark.parametrize("token", [None, ""])
def test_an_address_that_is_not_loopback_needs_a_token(host: str, token: str | None) -> None:
    with pytest.raises(ServerError, match="needs a token; give one with --token"):
        Settings(host=host, token=token)
    assert Settings(host=host, token="secret").host == host
