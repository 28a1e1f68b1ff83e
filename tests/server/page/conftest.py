"""A real server with the shipped model, and real browsers: Debian's Chromium and Firefox."""

import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import av
import httpx2
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from mien.server.app import create_app
from mien.server.run import Server
from mien.server.settings import Settings
from tests.conftest import SHARED
from tests.server.page.drawn import write_camera

# Text and colours as no setting of the machine changes them.
SAME_PIXELS = (
    "--disable-lcd-text",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
)
WAIT = 20_000  # milliseconds; the machine may be busy
expect.set_options(timeout=WAIT)


class Studio:
    """A server that keeps its port and its folder when it is stopped and started again."""

    def __init__(self, folder: Path, token: str | None = None) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = Settings(
            folder=folder, port=self.port, token=token, requests_a_minute=1_000_000
        )
        self.start()

    def start(self) -> None:
        """Returns once the server responds."""
        started = threading.Event()
        self._server = Server(create_app(self.settings), self.settings, started.set)
        listener = socket.create_server(("127.0.0.1", self.port))
        self._thread = threading.Thread(target=self._serve, args=(listener,))
        self._thread.start()
        assert started.wait(30)

    def _serve(self, listener: socket.socket) -> None:
        with listener:
            self._server.run(sockets=[listener])

    def stop(self) -> None:
        """Returns once the server has stopped."""
        self._server.should_exit = True
        self._thread.join()


def ask(studio: Studio, page: Page, path: str) -> Any:
    """Returns what the server answers, without the page."""
    return page.request.get(studio.url + path).json()


@pytest.fixture(scope="package")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """The server that tests share; a test that stops its server takes `own_studio`."""
    studio = Studio(tmp_path_factory.mktemp("studio"))
    yield studio
    studio.stop()


@pytest.fixture(scope="package")
def api(studio: Studio) -> Iterator[httpx2.Client]:
    """The API of the server that tests share."""
    with httpx2.Client(base_url=studio.url, timeout=60) as client:
        yield client


@pytest.fixture
def own_studio(tmp_path: Path) -> Iterator[Studio]:
    studio = Studio(tmp_path / "own")
    yield studio
    studio.stop()


def write_camera_video(path: Path) -> None:
    """Writes the shared clip as Chromium's fake camera plays it, in a loop."""
    with av.open(SHARED / "media" / "one_face.mp4") as video, av.open(path, "w", "mjpeg") as out:
        stream = out.add_stream("mjpeg", rate=30, width=640, height=360, pix_fmt="yuvj420p")
        for frame in video.decode(video=0):
            out.mux(stream.encode(frame.reformat(format="yuvj420p")))
        out.mux(stream.encode(None))


def _find(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        assert "CI" not in os.environ, f"CI runs these tests, so it needs {program}"
        pytest.skip(f"needs {program}, which is not here; see `make browser`")
    return path


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


def launch_chromium(playwright: Playwright, camera: Path | None, *options: str) -> Browser:
    """Launches Debian's Chromium without a window; its camera shows a video, or else a pattern.

    It opens a page in half the time that the whole Chromium takes, has no prompts, and grants every
    page its camera: where that matters, a test takes `whole_browser`.
    """
    granted = "--use-fake-ui-for-media-stream"
    return _launch(playwright, "chromium-headless-shell", camera, granted, *options)


def _launch(playwright: Playwright, program: str, camera: Path | None, *options: str) -> Browser:
    options = ("--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream", *options)
    if camera is not None:
        options = (*options, f"--use-file-for-fake-video-capture={camera}")
    return playwright.chromium.launch(executable_path=_find(program), args=options)


@pytest.fixture(scope="package")
def camera_clip(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """The shared clip as a camera shows it; None where it is not here."""
    if not SHARED.is_dir():
        return None
    camera = tmp_path_factory.mktemp("camera") / "clip.mjpeg"
    write_camera_video(camera)
    return camera


@pytest.fixture(scope="package")
def browser(playwright: Playwright, camera_clip: Path | None) -> Iterator[Browser]:
    """Chromium without a window; its camera shows the shared clip, or a pattern."""
    browser = launch_chromium(playwright, camera_clip)
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def whole_browser(playwright: Playwright, camera_clip: Path | None) -> Iterator[Browser]:
    """Chromium with its prompts and windows; its camera shows the shared clip, or a pattern."""
    browser = _launch(playwright, "chromium", camera_clip)
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def drawing_browser(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """Chromium that draws the same on every machine; its camera shows two drawn faces."""
    camera = tmp_path_factory.mktemp("camera") / "drawn.mjpeg"
    write_camera(camera)
    browser = launch_chromium(playwright, camera, *SAME_PIXELS)
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def firefox(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Firefox, by WebDriver BiDi; its camera shows a pattern and may be used."""
    browser = playwright.firefox.launch(
        channel="moz-firefox",
        executable_path=_find("firefox-esr"),
        firefox_user_prefs={
            "media.navigator.streams.fake": True,
            "media.navigator.permission.disabled": True,
        },
    )
    yield browser
    browser.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens pages whose camera may be used, unless `camera` is false; `options` are Playwright's.

    A script that fails, or that the page's content security policy refuses, fails the test.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def check(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    def open_new(url: str, camera: bool = True, **options: object) -> Page:
        context = browser.new_context(permissions=["camera"] if camera else [], **options)
        contexts.append(context)
        context.set_default_timeout(WAIT)
        page = context.new_page()
        page.on("console", check)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(url)
        return page

    yield open_new
    for context in contexts:
        context.close()
    assert not faults
