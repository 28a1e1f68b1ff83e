"""Hosts and origins: what headers name, and what --allow-host and --allow-origin may name."""

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.server.errors import ServerError
from mien.server.origins import check_host, check_origin, host_name, is_loopback, origin_host

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
NAME = st.lists(LABEL, min_size=1, max_size=4).map(".".join).filter(lambda it: not it[-1].isdigit())


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_is_an_address_or_localhost(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "localhost.example.org", "127.0.0.1.example.org"])
def test_other_names_are_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("studio.example.org", "studio.example.org"),
        ("Studio.Example.org:8000", "studio.example.org"),
        ("192.168.1.7:80", "192.168.1.7"),
        ("[FD00::7]:8000", "fd00::7"),
        *((text, "") for text in ("", "[", "[::1", "a@b", "a:b", "a:1:2", "a/b", "a b", "fd00::7")),
        *((text, "") for text in ("a,b", "a#b", "a?b", "a\\b", "ä.example", "a:123456", ":80")),
    ],
)
def test_a_host_header_names_a_host(header: str, name: str) -> None:
    assert host_name(header) == name


@pytest.mark.slow
@given(NAME, st.none() | st.integers(0, 65535))
def test_a_name_is_read_as_the_standard_library_reads_it(name: str, port: int | None) -> None:
    header = name if port is None else f"{name}:{port}"
    assert host_name(header) == urlsplit(f"//{header}").hostname == name


@given(st.text(max_size=30))
def test_a_header_never_names_another_host_than_a_browser_would_open(header: str) -> None:
    name = host_name(header)
    if name:
        assert urlsplit(f"//{header}").hostname == name
        assert "@" not in header


@pytest.mark.slow
@given(NAME)
def test_names_may_be_allowed(name: str) -> None:
    check_host(name)
    check_origin(f"https://{name}")
    assert origin_host(f"https://{name}:8443") == name


@pytest.mark.parametrize(
    "host",
    [
        *("", "*", "*.example.org", "example.org:8000", "https://example.org", "example.org/"),
        *("Example.org", "example.org.", ".example.org", "a..b", "-a", "a-", "a b", "a@b"),
        *("1.2.3", "1.2.3.4.5", "300.1.1.1", "[::1]", "FD00::7", "fe80::1%eth0", "ä.example"),
        *("a" * 64, ".".join(["a" * 60] * 5)),
    ],
)
def test_what_is_no_host_name_is_refused(host: str) -> None:
    with pytest.raises(ServerError, match=f"^--allow-host {re.escape(host)}: is not a host name"):
        check_host(host)


@pytest.mark.parametrize("host", ["studio.example.org", "nas", "my_nas", "192.168.1.7", "fd00::7"])
def test_a_host_is_a_name_or_an_address(host: str) -> None:
    check_host(host)


@pytest.mark.parametrize(
    "origin",
    [
        *("http://localhost:5173", "https://studio.example.org", "https://studio.example.org:8443"),
        *("http://192.168.1.7", "https://[fd00::7]:8443", "http://a:443", "https://a:80"),
    ],
)
def test_an_origin_is_a_scheme_a_host_and_a_port(origin: str) -> None:
    check_origin(origin)


@pytest.mark.parametrize(
    ("origin", "example"),
    [
        ("https://studio.example.org/", "https://studio.example.org"),
        ("https://studio.example.org/page?a=b", "https://studio.example.org"),
        ("HTTPS://Studio.Example.org", "https://studio.example.org"),
        ("https://a.example:443", "https://a.example"),
        ("http://a.example:80/", "http://a.example"),
        ("http://a.example:08080", "http://a.example:8080"),
        (" https://a.example ", "https://a.example"),
        ("https://[FD00:0::7]", "https://[fd00::7]"),
        *((text, "https://studio.example.org") for text in ("", "*", "null", "studio.example.org")),
        *((text, "https://studio.example.org") for text in ("https://", "https://*.example.org")),
        ("https://user@studio.example.org", "https://studio.example.org"),
        ("https://user:secret@a.example", "https://studio.example.org"),
        ("https://a.example:65536", "https://studio.example.org"),
        ("ftp://a.example", "https://studio.example.org"),
        ("https://a.example#b", "https://studio.example.org"),
    ],
)
def test_an_origin_that_browsers_do_not_send_is_refused_with_an_example(
    origin: str, example: str
) -> None:
    with pytest.raises(ServerError) as refused:
        check_origin(origin)
    assert str(refused.value) == (
        f"--allow-origin {origin}: is not an origin as browsers send it; "
        f"write scheme://host[:port] without path or *, such as {example}."
    )
    check_origin(example)
