"""Access control: hosts, origins, tokens, CORS and security headers."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient, WebSocketDenialResponse

from mien.server.settings import Settings
from tests.server.conftest import LIVE, URL, open_client

TOKEN = "a token"


@pytest.fixture(scope="module")
def guarded(settings: Settings) -> Iterator[TestClient]:
    with open_client(replace(settings, token=TOKEN)) as client:
        yield client


@pytest.fixture(scope="module")
def public(settings: Settings) -> Iterator[TestClient]:
    """A server that listens at every address."""
    with open_client(replace(settings, host="0.0.0.0", token=TOKEN)) as client:
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        yield client


def live_status(client: TestClient, headers: dict[str, str | bytes]) -> int:
    """The status of an attempt to open a live connection; 101 where it opens."""
    try:
        with client.websocket_connect(LIVE, headers=headers):
            return 101
    except WebSocketDenialResponse as refused:
        return refused.status_code


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000"])
def test_loopback_host_names_are_accepted(client: TestClient, host: str) -> None:
    assert client.get("/v1/models", headers={"Host": host}).status_code == 200
    assert live_status(client, {"Host": host}) == 101


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example"),
        *("192.168.1.7", "", "[", "[::1", "127.0.0.1@evil.example", "evil.example#@127.0.0.1"),
        *("evil.example@127.0.0.1", "127.0.0.1,evil.example", "127.0.0.1/", "2130706433"),
        *("127.0.0.1/evil", "127.0.0.1:evil", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:123456"),
        *(
            "127.0.0.1.",
            "localhost.",
            "127.1",
            "0",
            "::1",
            "[127.0.0.1]",
            "[localhost]",
            "[::1%lo]",
        ),
        *("[::1].evil.example", "[::1]evil:80", "[::ffff:127.0.0.1]", "127.0.0.1 evil.example"),
    ],
)
def test_another_host_name_is_refused_against_dns_rebinding(client: TestClient, host: str) -> None:
    answer = client.get("/v1/models", headers={"Host": host})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    assert live_status(client, {"Host": host}) == 403


@pytest.mark.parametrize(
    ("host", "status"), [("192.168.1.7:80", 200), ("localhost", 200), ("evil.example", 403)]
)
def test_a_server_of_all_addresses_accepts_any_address_but_no_name(
    public: TestClient, host: str, status: int
) -> None:
    assert public.get("/v1/models", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://["},
        {"Origin": "http://127.0.0.1:3000"},
        {"Origin": "http://localhost:8000"},
        {"Origin": "https://127.0.0.1:8000"},
        {"Origin": "HTTP://127.0.0.1:8000"},
        {"Origin": "http://evil@127.0.0.1:8000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
        {"Sec-Fetch-Site": "Cross-Site"},
        {"Sec-Fetch-Site": "same-origin, cross-site"},
        {"Sec-Fetch-Site": "unknown"},
        {"Sec-Fetch-Site": ""},
    ],
)
def test_a_page_of_another_origin_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/v1/analyze", headers=headers, content=b"x").status_code == 403
    assert client.get("/v1/models", headers=headers).status_code == 403
    assert live_status(client, headers) == 403


@pytest.mark.parametrize("name", ["Host", "Origin", "Sec-Fetch-Site"])
def test_a_repeated_header_is_refused(client: TestClient, name: str) -> None:
    values = {"Host": "127.0.0.1:8000", "Origin": URL, "Sec-Fetch-Site": "same-origin"}
    twice = [(key, value) for key, value in values.items() for _ in range(1 + (key == name))]
    assert client.get("/v1/models", headers=twice).status_code == 403
    assert client.get("/v1/models", headers=values).status_code == 200


def test_the_servers_own_page_is_accepted(client: TestClient) -> None:
    own = {"Origin": URL, "Sec-Fetch-Site": "same-origin"}
    assert client.get("/v1/models", headers=own).status_code == 200
    assert live_status(client, own) == 101


def test_a_link_of_another_site_to_the_page_is_accepted(client: TestClient) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/", headers=link).status_code != 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": b"Bearer \xe9"},
        {"Cookie": "mien_token=wrong"},
        {"Cookie": "mien_token"},
        {"Cookie": "\x01=;;="},
    ],
)
def test_requests_without_the_token_are_refused(
    guarded: TestClient, headers: dict[str, str | bytes]
) -> None:
    for path in ("/v1/models", "/metrics", "/openapi.json", "/", "/?token=wrong", "/nothing"):
        answer = guarded.get(path, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")
    assert live_status(guarded, headers) == 401


def test_the_token_is_accepted_in_a_header(guarded: TestClient) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert guarded.get("/v1/models", headers=headers).status_code == 200
    assert live_status(guarded, headers) == 101


def test_the_token_in_the_address_becomes_a_cookie(guarded: TestClient) -> None:
    answer = guarded.get("/", params={"token": TOKEN}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert {"HttpOnly", "SameSite=strict"} <= set(answer.headers["set-cookie"].split("; "))
    assert guarded.get("/v1/models").status_code == 200
    guarded.cookies.clear()
    assert guarded.get("/v1/models", params={"token": TOKEN}).status_code == 401


@pytest.mark.parametrize(
    ("opened", "location"),
    [
        ("/page/overlay.html?token={}&show=boxes&mirror", "/page/overlay.html?show=boxes&mirror="),
        ("//evil.com/?token={}", "/"),
        ("/nothing?token={}", "/"),
    ],
)
def test_after_signing_in_the_browser_gets_the_page_that_it_opened(
    guarded: TestClient, opened: str, location: str
) -> None:
    url = f"http://127.0.0.1{opened.format(TOKEN)}"
    answer = guarded.get(url, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, location)
    guarded.cookies.clear()


def test_a_health_check_needs_no_token(guarded: TestClient) -> None:
    assert guarded.get("/healthz").json()["status"] == "ok"


@pytest.mark.parametrize("path", ["/v1/models", "/nothing", "/v1/analyze"])
def test_every_response_has_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


def test_refusals_have_the_security_headers(client: TestClient) -> None:
    answer = client.get("/v1/models", headers={"Host": "evil.example"})
    assert "content-security-policy" in answer.headers


STUDIO, SITE = "https://studio.example.org", "https://lab.example.com:8443"
BY_PROXY = {"Host": "studio.example.org", "Origin": STUDIO, "Sec-Fetch-Site": "same-origin"}
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def proxied(settings: Settings) -> Iterator[TestClient]:
    """A server behind a proxy that speaks HTTPS; pages of another site may use it, too."""
    allowed = replace(
        settings, token=TOKEN, allow_hosts=("studio.example.org",), allow_origins=(STUDIO, SITE)
    )
    with open_client(allowed) as client:
        yield client


@pytest.mark.slow
def test_a_named_proxy_may_pass_on_everything(proxied: TestClient) -> None:
    headers = BY_PROXY | BEARER
    assert proxied.get("/", headers=headers).status_code == 200
    assert proxied.get("/v1/models", headers=headers).status_code == 200
    assert proxied.post("/v1/analyze", headers=headers, content=b"x").status_code == 422
    assert live_status(proxied, headers) == 101
    assert proxied.get("/v1/models", headers=BY_PROXY).status_code == 401


def test_a_named_proxy_needs_its_origin_named_too(settings: Settings) -> None:
    hosts = replace(settings, token=TOKEN, allow_hosts=("studio.example.org",))
    with open_client(hosts) as client:
        answer = client.post("/v1/analyze", headers=BY_PROXY | BEARER, content=b"x")
        assert answer.status_code == 403
        assert answer.json()["error"]["message"].endswith("start the server with --allow-origin.")
        assert live_status(client, BY_PROXY | BEARER) == 403


def test_a_proxy_that_is_not_named_is_refused(client: TestClient) -> None:
    for headers in (BY_PROXY, {"Host": "studio.example.org"}, {"Origin": STUDIO}):
        assert client.get("/v1/models", headers=headers).status_code == 403
        assert live_status(client, headers) == 403


def test_a_forwarded_host_or_address_changes_nothing(client: TestClient) -> None:
    forwarded = {"X-Forwarded-Host": "127.0.0.1:8000", "Forwarded": "host=127.0.0.1"}
    headers = {"Host": "evil.example", **forwarded}
    assert client.get("/v1/models", headers=headers).status_code == 403


def test_the_cookie_is_for_https_alone_where_the_browser_speaks_it(
    settings: Settings, proxied: TestClient, guarded: TestClient
) -> None:
    def flags(client: TestClient, **headers: str) -> set[str]:
        answer = client.get("/", params={"token": TOKEN}, headers=headers, follow_redirects=False)
        client.cookies.clear()
        return set(answer.headers["set-cookie"].split("; "))

    assert "Secure" in flags(proxied, Host="studio.example.org")
    assert "Secure" not in flags(proxied)
    assert "Secure" not in flags(guarded)
    with open_client(replace(settings, token=TOKEN), "https://127.0.0.1:8000") as client:
        assert "Secure" in flags(client)


def preflight(client: TestClient, origin: str, **more: str) -> dict[str, str]:
    """The CORS headers of the answer to a preflight, which has no token; empty if refused."""
    asked = {"Access-Control-Request-Method": "POST", **more}
    answer = client.options("/v1/analyze", headers={"Origin": origin, **asked})
    allowed = {
        key.removeprefix("access-control-"): value
        for key, value in answer.headers.items()
        if key.startswith("access-control-")
    }
    assert (answer.status_code, bool(allowed)) in {(200, True), (403, False)}
    return allowed


def test_a_page_of_an_allowed_site_uses_the_api_with_the_token_in_a_header(
    proxied: TestClient,
) -> None:
    allowed = preflight(proxied, SITE, **{"Access-Control-Request-Headers": "authorization"})
    assert allowed["allow-origin"] == SITE
    assert "authorization" in allowed["allow-headers"].lower()
    assert {"GET", "POST", "PUT", "PATCH", "DELETE"} <= set(allowed["allow-methods"].split(", "))
    assert "allow-credentials" not in allowed

    headers = {"Origin": SITE, "Sec-Fetch-Site": "cross-site"}
    for bearer, status in ((BEARER, 200), ({}, 401)):
        answer = proxied.get("/v1/models", headers=headers | bearer)
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == SITE
        assert "access-control-allow-credentials" not in answer.headers
        assert "Origin" in answer.headers["vary"]
    assert live_status(proxied, headers | BEARER) == 101
    assert live_status(proxied, headers) == 401


def test_a_request_without_an_origin_gets_no_cors_headers(proxied: TestClient) -> None:
    answer = proxied.get("/v1/models", headers=BEARER)
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


def test_an_image_tag_of_an_allowed_site_is_refused(proxied: TestClient) -> None:
    """Browsers send no Origin for it, so that nothing tells the site."""
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert proxied.get("/v1/about/qr.svg", headers=headers | BEARER).status_code == 403


PRINTABLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8)


def near_misses(origin: str) -> st.SearchStrategy[str]:
    """Origins that differ from an allowed one in one thing."""
    scheme, _, authority = origin.partition("://")
    host, _, port = authority.partition(":")
    others = [
        PRINTABLE.map(lambda text: origin + text),
        PRINTABLE.map(lambda text: f"{scheme}://{text}{authority}"),
        PRINTABLE.map(lambda text: f"{scheme}://{text}@{authority}"),
        PRINTABLE.map(lambda text: f"{scheme}://{host}.{text}"),
        st.integers(0, 65535).map(lambda number: f"{scheme}://{host}:{number}"),
        st.sampled_from(["http", "ws", "wss", "ftp", "HTTPS", ""]).map(
            lambda other: f"{other}://{authority}"
        ),
        st.sampled_from([origin.upper(), origin.title(), f" {origin}", f"{origin},{origin}"]),
        st.sampled_from(["null", "*", authority, f"//{authority}", f"{origin} {origin}"]),
        st.just(f"{scheme}://{host}" if port else f"{origin}:443"),
    ]
    return st.one_of(others).filter(lambda text: text not in (STUDIO, SITE))


@pytest.mark.slow
@given(st.sampled_from([STUDIO, SITE]).flatmap(near_misses))
def test_an_origin_that_resembles_an_allowed_one_is_refused(
    proxied: TestClient, origin: str
) -> None:
    for host in ("studio.example.org", "127.0.0.1:8000"):
        headers = {"Host": host, "Origin": origin, **BEARER}
        answer = proxied.get("/v1/models", headers=headers)
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers
        assert live_status(proxied, headers) == 403
    assert preflight(proxied, origin) == {}


@pytest.mark.slow
@given(PRINTABLE)
def test_a_host_that_resembles_an_allowed_one_is_refused(proxied: TestClient, text: str) -> None:
    host = "studio.example.org"
    for other in (
        f"{text}{host}",
        f"{text}@{host}",
        f"{text}.{host}",
        f"{host}.",
        f"{host},{host}",
    ):
        assert proxied.get("/v1/models", headers={"Host": other, **BEARER}).status_code == 403
    ended = proxied.get("/v1/models", headers={"Host": f"{host}{text}", **BEARER}).status_code
    port = text[0] == ":" and text[1:].isdigit() and len(text) <= 6 and int(text[1:]) <= 65535
    assert ended == (200 if port else 403)


def test_two_origins_are_refused_even_if_both_are_allowed(proxied: TestClient) -> None:
    for pair in ((STUDIO, SITE), (SITE, SITE), (SITE, "https://evil.example")):
        twice = [("Origin", origin) for origin in pair]
        answer = proxied.get("/v1/models", headers=[*twice, *BEARER.items()])
        assert answer.status_code == 403
        asked = [*twice, ("Access-Control-Request-Method", "POST")]
        assert proxied.options("/v1/analyze", headers=asked).status_code == 403
