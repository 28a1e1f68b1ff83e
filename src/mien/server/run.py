"""Runs the server until SIGTERM or Ctrl-C, and then finishes the open requests."""

import errno
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

import uvicorn
from fastapi import FastAPI

from mien.processes.slack import share_heaps
from mien.server.addresses import Addresses, add_token, certified_hosts, is_any
from mien.server.app import create_app
from mien.server.certificates import Certificate, own_certificate, self_signed_certificate
from mien.server.connections import Connection, LiveConnection
from mien.server.errors import ServerError
from mien.server.origins import bracketed
from mien.server.settings import Settings

_KEEP_ALIVE = 5  # seconds that a connection stays open between two requests
_DRAIN = 10  # seconds that open requests get after the signal


@dataclass(frozen=True, slots=True)
class Started:
    """A server that responds; its addresses contain the token.

    Attributes:
        local: the address to open on this machine.
        others: those to open on other machines, the likeliest first.
        certificate: None without HTTPS.
    """

    local: str
    others: tuple[str, ...]
    certificate: Certificate | None


def run(settings: Settings, on_start: Callable[[Started], None]) -> None:
    """Serves until SIGTERM or Ctrl-C, then finishes the open requests and returns.

    Args:
        settings: of the server.
        on_start: called with the addresses once the server responds.

    Raises:
        MienError: the address or the certificate cannot be used, or the model or the folder cannot
            be opened.
    """
    os.umask(0o077)  # whatever the server writes is its user's alone
    share_heaps()
    app = create_app(settings)
    app.state.certificate = certificate = _certificate(settings)
    with _listen(settings) as listener:
        started = _started(settings, listener, certificate)
        server = Server(app, settings, lambda: on_start(started), certificate)
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
        certificate: to listen with HTTPS; None for HTTP.
    """

    def __init__(
        self,
        app: FastAPI,
        settings: Settings,
        on_start: Callable[[], None],
        certificate: Certificate | None = None,
    ) -> None:
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
                ssl_certfile=certificate.file if certificate else None,
                ssl_keyfile=certificate.key if certificate else None,
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
    host, port = settings.host, settings.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    both = family == socket.AF_INET6 and is_any(host) and socket.has_dualstack_ipv6()
    try:
        listener = socket.create_server(
            (host, port), family=family, backlog=2048, dualstack_ipv6=both
        )
        # Connections inherit it; asyncio sets it only where a socket names TCP as its protocol.
        # Without it the second part of every answer waits 40 ms until the first is acknowledged.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ServerError(
                f"port {port} is already in use", remedy="choose another with --port"
            ) from None
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise ServerError(
            f"cannot listen on this address ({reason})",
            subject=f"{bracketed(host)}:{port}",
            remedy="choose another --host or --port",
        ) from None


def _certificate(settings: Settings) -> Certificate | None:
    if settings.certificate and settings.key:
        return own_certificate(settings.certificate, settings.key)
    if settings.https:
        return self_signed_certificate(settings.folder, certified_hosts(settings))
    return None


def _started(
    settings: Settings, listener: socket.socket, certificate: Certificate | None
) -> Started:
    addresses = Addresses.of(settings, listener.getsockname()[1])
    others = tuple(add_token(address, settings) for address in addresses.others)
    return Started(add_token(addresses.local, settings), others, certificate)


def _exit(_: int, __: FrameType | None) -> None:
    sys.exit(0)
