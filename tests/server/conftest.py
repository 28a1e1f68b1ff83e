"""A server of small limits: in this process, and behind a real socket."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI
from PIL import Image
from starlette.testclient import TestClient

from mien.inference.media.images import Pixels
from mien.server.app import create_app
from mien.server.run import Server
from mien.server.settings import Settings
from mien.server.store import Store
from tests.server.store.studio import open_studio

URL = "http://127.0.0.1:8000"
LIVE = "ws://127.0.0.1:8000/v1/live"
_NUMBERS = count()


def image(side: int = 48, kind: str = "JPEG", seed: int = 0) -> bytes:
    """An image of noise, encoded."""
    return encode(np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8), kind)


def encode(pixels: Pixels, kind: str = "JPEG") -> bytes:
    """An image as a page sends it."""
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def settings(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        folder=tmp_path_factory.mktemp("studio"),
        model=str(tiny_model),
        max_bytes=200_000,
        max_video_bytes=2_000_000,
        max_pixels=1_000_000,
        requests_a_minute=1_000_000,
        upload_seconds=0.5,
    )


def apart(settings: Settings) -> Settings:
    """The same for another server: two may not share a folder."""
    return replace(settings, folder=settings.folder / str(next(_NUMBERS)))


@contextmanager
def open_client(settings: Settings, url: str = URL) -> Iterator[TestClient]:
    """A client of a server that runs in this process."""
    with TestClient(create_app(apart(settings)), base_url=url) as client:
        yield client


@pytest.fixture(scope="session")
def client(settings: Settings) -> Iterator[TestClient]:
    with open_client(settings) as client:
        yield client


@contextmanager
def serving(settings: Settings) -> Iterator[tuple[FastAPI, int]]:
    """A real server in a thread: its application and its port."""
    app, started = create_app(apart(settings)), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # Clients' lines inherit it: a client that reads nothing is soon noticed.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        port = listener.getsockname()[1]
        server = Server(app, settings, started.set)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            assert started.wait(20)
            yield app, port
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def served(settings: Settings) -> Iterator[int]:
    """The port of a real server."""
    with serving(settings) as (_, port):
        yield port


@pytest.fixture(scope="session")
def exchange(served: int) -> Callable[[bytes], bytes]:
    """Sends bytes as they are to the real server; returns all that it answers."""

    def send(data: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", served), timeout=20) as line:
            line.sendall(data)
            return b"".join(iter(lambda: line.recv(65536), b""))

    return send


@pytest.fixture
def studio(tmp_path: Path, tiny_model: Path) -> Iterator[TestClient]:
    """A client of a server with a folder of its own."""
    with open_studio(tmp_path / "studio", tiny_model) as client:
        yield client


@pytest.fixture
def store(studio: TestClient) -> Store:
    """What the server of `studio` has stored."""
    found: Store = studio.app.state.store  # type: ignore[attr-defined]
    return found
