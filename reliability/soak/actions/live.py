"""Live streams: those that go well, die, send nonsense, or stop reading."""

import asyncio
import json
import socket
import struct
import time
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from reliability.soak.client import HANG, MODEL, Client

_NONSENSE = ("", "{", "[]", '{"modle": 1}', '{"smoothing": 9}', '{"model": "nothing"}', "null")
_REFUSED = 403
_NO_UTF8 = 1007


def _url(client: Client, path: str = "/v1/live") -> str:
    return f"ws://127.0.0.1:{client.port}{path}"


async def stream(client: Client) -> None:
    """Streams some frames, each once the last one's result is there; nonsense in between."""
    rng = client.rng
    started = time.monotonic()
    status = 101
    try:
        async with connect(_url(client), proxy=None, open_timeout=HANG) as socket_:
            await _exchange(client, socket_, json.dumps({"model": MODEL, "face_ids": True}))
            for _ in range(rng.randint(3, 15)):
                frame = rng.choice(client.media.photos)
                answer = await _exchange(client, socket_, frame)
                if "faces" not in answer and answer["error"]["code"] != "busy":
                    client.tally.note_problem("live", f"a good frame got {answer}")
                if rng.random() < 0.2:
                    nonsense = rng.choice((*_NONSENSE, rng.choice(client.media.bad)))
                    await _exchange(client, socket_, nonsense)
    except InvalidStatus as error:
        status = error.response.status_code
        if status != 503:
            client.tally.note_problem(f"unexpected {status}", "/v1/live")
    except ConnectionClosed as error:
        client.tally.note_problem("live", f"the server closed a good stream: {error}")
    client.tally.note("live stream", status, time.monotonic() - started, slow=True)


async def _exchange(client: Client, socket_: ClientConnection, message: str | bytes) -> Any:
    """Sends a message; returns its answer. Each message has one, since no two wait at a time."""
    started = time.monotonic()
    await socket_.send(message)
    try:
        async with asyncio.timeout(HANG):
            answer = json.loads(await socket_.recv())
    except TimeoutError:
        client.tally.note_problem("hang", f"/v1/live: no answer in {HANG:g} s")
        raise
    if isinstance(message, bytes):
        client.tally.note_frame(time.monotonic() - started)
    return answer


async def stop_reading(client: Client) -> None:
    """Sends frames and reads no answer, until the server disconnects it or it is gone."""
    frames = [client.rng.choice(client.media.photos) for _ in range(40)]
    seconds = client.rng.uniform(1, 12)

    async def work() -> None:
        raw = _small_socket(client.port)
        with suppress(ConnectionClosed, InvalidStatus, TimeoutError, OSError):
            async with asyncio.timeout(seconds):
                async with connect(_url(client), sock=raw, proxy=None, max_queue=1) as socket_:
                    try:
                        for frame in frames:
                            await socket_.send(frame)
                            await asyncio.sleep(0.01)
                        await asyncio.sleep(seconds)
                    finally:
                        _reset(socket_)

    if client.spawn(work()):
        client.tally.note("rude: live without reading", 0, 0)


async def send_broken_text(client: Client) -> None:
    """Sends text that is no UTF-8: the server must close the connection, and nothing else."""
    started = time.monotonic()
    status = 101
    try:
        async with connect(_url(client), proxy=None, open_timeout=HANG) as socket_:
            await socket_.send(b"\xff\xfe", text=True)
            async with asyncio.timeout(HANG):
                await socket_.recv()
    except InvalidStatus as error:
        status = error.response.status_code
    except ConnectionClosed as error:
        if error.rcvd is None or error.rcvd.code != _NO_UTF8:
            client.tally.note_problem("live", f"text that is no UTF-8 was answered with {error}")
    except TimeoutError:
        client.tally.note_problem("hang", f"text that is no UTF-8: no answer in {HANG:g} s")
    client.tally.note("live: no UTF-8", status, time.monotonic() - started)


async def die(client: Client) -> None:
    """Starts to stream, and is gone without a word."""
    with suppress(ConnectionClosed, InvalidStatus):
        async with connect(_url(client), proxy=None, open_timeout=HANG) as socket_:
            for _ in range(client.rng.randint(0, 4)):
                await socket_.send(client.rng.choice(client.media.photos))
            _reset(socket_)
    client.tally.note("rude: live dies", 0, 0)


async def watch(client: Client) -> None:
    """Watches what another live client gets, for a moment."""
    seconds = client.rng.uniform(0.1, 2)

    async def work() -> None:
        with suppress(ConnectionClosed, InvalidStatus, TimeoutError):
            async with asyncio.timeout(seconds):
                async with connect(_url(client, "/v1/live/watch"), proxy=None) as socket_:
                    async for _ in socket_:
                        pass

    if client.spawn(work()):
        client.tally.note("live watch", 0, 0)


async def come_from_elsewhere(client: Client) -> None:
    """Opens a stream as the page of another site would: it must be refused."""
    started, status = time.monotonic(), 101
    try:
        async with connect(_url(client), proxy=None, origin="https://evil.example"):  # type: ignore[arg-type]
            client.tally.note_problem("origin", "a foreign page opened /v1/live")
    except InvalidStatus as error:
        status = error.response.status_code
        if status != _REFUSED:
            client.tally.note_problem(f"unexpected {status}", "a foreign page at /v1/live")
    client.tally.note("foreign live", status, time.monotonic() - started)


def _small_socket(port: int) -> socket.socket:
    """Connects with a receive buffer that a few results fill."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", port))
    raw.setblocking(False)
    return raw


def _reset(socket_: ClientConnection) -> None:
    found = socket_.transport.get_extra_info("socket")
    if found is not None:
        with suppress(OSError):
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    socket_.transport.abort()
