"""The page on another device: HTTPS, self-signed, at an address of the network."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mien.server.addresses import machine_addresses
from tests.cli.test_serve import started
from tests.server.page.conftest import OpenPage

pytestmark = pytest.mark.slow

OPTIONS = ("--host", "0.0.0.0", "--token", "secret")

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


@pytest.fixture(autouse=True)
def _network() -> None:
    if not machine_addresses():
        pytest.skip("this machine has no address but the loopback")


@pytest.fixture
def options(tiny_model: Path, tmp_path: Path) -> tuple[str, ...]:
    return (*OPTIONS, "--model", str(tiny_model), "--folder", str(tmp_path / "studio"))


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
