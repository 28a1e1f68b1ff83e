"""Runs the server until SIGTERM or Ctrl-C, and then finishes the open requests."""

import errno
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI

from mien.server.app import create_app
from mien.server.connections import Connection, LiveConnection
from mien.server.errors import ServerError
from mien.server.settings import Settings

_KEEP_ALIVE = 5  # seconds that a connection stays open between two requests
_DRAIN = 10  # seconds that open requests get after the signal


def run(settings: Settings, on_start: Callable[[str], None]) -> None:
    """Serves until SIGTERM or Ctrl-C, then finishes the open requests and returns.

    Args:
        settings: of the server.
        on_start: called with the address once the server responds.

    Raises:
        MienError: the address cannot be used, or the model or the folder cannot be opened.
    """
    app = create_app(settings)
    with _listen(settings) as listener:
        server = Server(app, settings, lambda: on_start(_address(settings, listener)))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _exit)  # uvicorn raises the signal again once it has drained
        try:
            server.run(sockets=[listener])
        except SystemExit:
            if app.state.failure:
                raise app.state.failure from None
            raise


class Server(uvicorn.Server):
    """Uvicorn with the limits of our settings.

    Args:
        app: the application.
        settings: of the application.
        on_start: called once it responds.
    """

    def __init__(self, app: FastAPI, settings: Settings, on_start: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Connection,
                ws=LiveConnection,
                lifespan="on",
                log_level="warning",
                access_log=False,  # addresses may contain the token
                server_header=False,
                proxy_headers=False,
                ws_max_size=settings.max_bytes,
                ws_per_message_deflate=False,  # JPEG does not get smaller
                timeout_keep_alive=_KEEP_ALIVE,
                timeout_graceful_shutdown=_DRAIN,
            )
        )
        self._on_start = on_start
        # `run` raises the error of a failed start.
        logging.getLogger("uvicorn.error").addFilter(lambda _: app.state.failure is None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts, and calls `on_start`."""
        await super().startup(sockets)
        if self.started:
            self._on_start()


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
        # Connections inherit it; asyncio sets it only where a socket names TCP as its protocol.
        # Without it the second part of every answer waits 40 ms until the first is acknowledged.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ServerError(
                f"port {settings.port} is already in use", remedy="choose another with --port"
            ) from None
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise ServerError(
            f"cannot listen on this address ({reason})",
            subject=f"{settings.host}:{settings.port}",
            remedy="choose another --host or --port",
        ) from None


def _address(settings: Settings, listener: socket.socket) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    query = f"?{urlencode({'token': settings.token})}" if settings.token else ""
    view = "" if settings.study is None else "#/code"
    return f"http://{host}:{listener.getsockname()[1]}/{query}{view}"


def _exit(_: int, __: FrameType | None) -> None:
    sys.exit(0)
