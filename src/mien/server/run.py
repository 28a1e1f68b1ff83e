"""Runs the server until it is told to stop, and then lets it finish what it has begun."""

import logging
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
_DRAIN = 10  # seconds that answers under way get once the server is told to stop


def run(settings: Settings, tell: Callable[[str], None]) -> None:
    """Serves until SIGTERM or Ctrl-C; then refuses new clients, answers the others, and returns.

    Args:
        settings: of the server.
        tell: told the address, once it answers.

    Raises:
        MienError: the address cannot be listened at, or what the server needs cannot be opened.
    """
    app = create_app(settings)
    with _listen(settings) as listener:
        server = Server(app, settings, lambda: tell(_address(settings, listener)))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _leave)  # uvicorn, once it has drained, hands the signal on
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
        settings: what it was made of.
        on_start: called once it answers.
    """

    def __init__(self, app: FastAPI, settings: Settings, on_start: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Connection,
                ws=LiveConnection,
                lifespan="on",
                log_level="warning",
                access_log=False,  # addresses may hold the token
                server_header=False,
                proxy_headers=False,
                ws_max_size=settings.max_bytes,
                ws_per_message_deflate=False,  # JPEG does not get smaller
                timeout_keep_alive=_KEEP_ALIVE,
                timeout_graceful_shutdown=_DRAIN,
            )
        )
        self._on_start = on_start
        # A start that fails is told by `run`, in one sentence.
        logging.getLogger("uvicorn.error").addFilter(lambda _: app.state.failure is None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts, and tells so."""
        await super().startup(sockets)
        if self.started:
            self._on_start()


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]  # the rest names the address again
        raise ServerError(
            f"{settings.host}:{settings.port}: cannot be listened at ({reason})",
            remedy="give another --port or --host",
        ) from None


def _address(settings: Settings, listener: socket.socket) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    query = f"?{urlencode({'token': settings.token})}" if settings.token else ""
    return f"http://{host}:{listener.getsockname()[1]}/{query}"


def _leave(_: int, __: FrameType | None) -> None:
    sys.exit(0)
