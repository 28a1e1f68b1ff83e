"""Connection limits and timeouts, in uvicorn's protocol classes.

uvicorn limits only the time between two requests; `limits.py` limits that of a body.
"""

from asyncio import TimerHandle, Transport

import h11
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from mien.server.errors import BusyError, ErrorAnswer, SlowUploadError

MOST = 256
"""The maximum number of connections: twice the queued images, live clients, pages."""

_REFUSED = 256  # further connections that get a response; even more are cut
_HEAD = 10.0  # seconds until a request's head is complete, from the connection or its first byte
_UNREAD = 60.0  # seconds for which a client may not read its response


class Connection(H11Protocol):
    """One client's connection, until it becomes a WebSocket's.

    A request whose head does not arrive is answered with 408, a connection beyond `MOST` with
    503, and a client that reads nothing of an answer is cut off.
    """

    _awaited: TimerHandle | None = None
    _unread: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Accepts a client, or refuses it."""
        super().connection_made(transport)
        if len(self.connections) > MOST + _REFUSED:
            transport.abort()
        elif len(self.connections) > MOST:
            self.app = _refuse
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancels the timers."""
        self._await_no_head()
        self._await_no_reading()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Takes data; a head that has started must be complete in time."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._await_no_head()
        elif self._awaited is None:
            self._await_head()

    def pause_writing(self) -> None:
        """Pauses the application for a client that does not read, with a timeout."""
        super().pause_writing()
        self._unread = self.loop.call_later(_UNREAD, self.transport.abort)

    def resume_writing(self) -> None:
        """Resumes the application."""
        self._await_no_reading()
        super().resume_writing()

    def _await_head(self) -> None:
        self._awaited = self.loop.call_later(_HEAD, self._give_up)

    def _await_no_head(self) -> None:
        if self._awaited:
            self._awaited.cancel()
            self._awaited = None

    def _await_no_reading(self) -> None:
        if self._unread:
            self._unread.cancel()
            self._unread = None

    def _give_up(self) -> None:
        if self.conn.trailing_data[0]:  # browsers also open connections that they may never use
            error = SlowUploadError(
                "the request's head takes too long", remedy="use a faster connection"
            )
            self._answer(ErrorAnswer.of(error).response)
        self.transport.close()

    def _answer(self, response: Response) -> None:
        head = h11.Response(status_code=response.status_code, headers=response.raw_headers)
        for event in (head, h11.Data(data=bytes(response.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")


class LiveConnection(WebSocketsSansIOProtocol):
    """One client's WebSocket."""

    async def send(self, message: ASGISendEvent) -> None:
        """Sends a message; a refusal completes the handshake, so that uvicorn logs no error."""
        await super().send(message)
        if self.close_sent:
            self.handshake_complete = True


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    busy = BusyError(f"{MOST} connections are open", remedy="try again soon")
    response = ErrorAnswer.of(busy).response
    response.headers["Connection"] = "close"
    await response(scope, receive, send)
