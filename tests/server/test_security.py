"""Access control: hosts, origins, tokens and security headers."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
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
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    ],
)
def test_a_page_of_another_origin_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/v1/analyze", headers=headers, content=b"x").status_code == 403
    assert client.get("/v1/models", headers=headers).status_code == 403
    assert live_status(client, headers) == 403


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
