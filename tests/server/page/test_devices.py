"""The page on another device, and the API in another site's page."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mien.server.addresses import machine_addresses
from tests.cli.test_serve import started
from tests.server.page.conftest import OpenPage
from tests.website import folder_site

pytestmark = pytest.mark.slow

TAKE_PICTURE = """
    async () => {
      if (!isSecureContext || !navigator.mediaDevices) return "no camera";
      const stream = await navigator.mediaDevices.getUserMedia({ video: true });
      const tracks = stream.getVideoTracks();
      tracks.forEach((track) => track.stop());
      return tracks.length;
    }"""
OPEN_LIVE = """
    () => new Promise((resolve) => {
      const line = new WebSocket(`${location.origin.replace("http", "ws")}/v1/live`);
      line.onopen = () => line.send("{}");
      line.onmessage = ({ data }) => { line.close(); resolve(Object.keys(JSON.parse(data))); };
      line.onerror = () => resolve("refused");
    })"""


@pytest.fixture
def base(tiny_model: Path, tmp_path: Path) -> tuple[str, ...]:
    return ("--token", "secret", "--model", str(tiny_model), "--folder", str(tmp_path / "studio"))


@pytest.fixture
def options(base: tuple[str, ...]) -> tuple[str, ...]:
    if not machine_addresses():
        pytest.skip("this machine has no address but the loopback")
    return ("--host", "0.0.0.0", *base)


@pytest.fixture
def secured(options: tuple[str, ...]) -> Iterator[str]:
    with started(*options, "--https") as (_, address):
        yield address


def test_a_device_that_accepts_the_certificate_has_its_camera(
    secured: str, open_page: OpenPage
) -> None:
    page = open_page(secured, ignore_https_errors=True)
    assert page.url.startswith("https://")
    assert "token" not in page.url
    assert page.evaluate(TAKE_PICTURE) == 1
    assert page.evaluate(OPEN_LIVE) == ["settings"]
    (cookie,) = page.context.cookies()
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Strict")


def test_a_device_without_https_has_no_camera(
    options: tuple[str, ...], open_page: OpenPage
) -> None:
    """Which the server says at its start, and the page in its settings."""
    with started(*options) as (process, address):
        assert process.stdout
        notes = [process.stdout.readline() for _ in range(2)]
        assert notes[-1] == "Cameras of other devices need HTTPS; add --https.\n"
        page = open_page(address)
        assert page.evaluate(TAKE_PICTURE) == "no camera"
        assert page.evaluate(OPEN_LIVE) == ["settings"]


def test_the_qr_code_is_shown_as_an_image(secured: str, open_page: OpenPage) -> None:
    page = open_page(secured, ignore_https_errors=True)
    size = """
        () => new Promise((resolve) => {
          const image = new Image();
          image.onload = () => resolve(image.naturalWidth > 0);
          image.onerror = () => resolve(false);
          image.src = "/v1/about/qr.svg";
        })"""
    assert page.evaluate(size)


ASK = """
    ([address, token, method]) => fetch(address, {
      method, headers: token ? { Authorization: `Bearer ${token}` } : {},
    }).then((answer) => answer.status, () => "refused")"""


def test_the_page_of_another_site_uses_the_api_only_if_its_origin_is_allowed(
    base: tuple[str, ...], tmp_path: Path, open_page: OpenPage
) -> None:
    (tmp_path / "site").mkdir()
    with (
        folder_site(tmp_path / "site") as allowed,
        folder_site(tmp_path / "site") as foreign,
        started(*base, "--allow-origin", allowed) as (_, address),
    ):
        origin = address.partition("/?")[0]
        models, feedback = f"{origin}/v1/models", f"{origin}/v1/feedback/1"
        page = open_page(allowed)
        assert page.evaluate(ASK, [models, "secret", "GET"]) == 200
        assert page.evaluate(ASK, [feedback, "secret", "DELETE"]) == 404
        assert page.evaluate(ASK, [models, "wrong", "GET"]) == 401
        assert page.evaluate(ASK, [models, "", "GET"]) == 401
        page = open_page(foreign)
        assert page.evaluate(ASK, [models, "secret", "GET"]) == "refused"
        assert page.evaluate(ASK, [feedback, "secret", "DELETE"]) == "refused"
