"""Connection limits, timeouts and malformed input, in uvicorn's protocol classes.

uvicorn limits only the time between two requests; `limits.py` limits that of a body.
"""

from asyncio import AbstractEventLoop, TimerHandle, Transport
from typing import Any

import h11
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn._types import ASGISendEvent
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from mien.server.errors import BadRequestError, BusyError, ErrorAnswer, SlowUploadError
from mien.server.framing import StrictParser

MOST = 256
"""The maximum number of connections: twice the queued images, live clients, pages."""

_REFUSED = 256  # further connections that get a response; even more are cut
_HEAD = 10.0  # seconds until a request's head is complete, from the connection or its first byte
_NO_HANDSHAKE = "not a valid WebSocket handshake\n"
_UNREAD = 60.0  # seconds for which a client may not read its response


class Connection(H11Protocol):
    """One client's connection, until it becomes a WebSocket's.

    A malformed or ambiguous request is answered with 400, one whose head does not arrive with 408,
    a connection beyond `MOST` with 503, and a client that reads nothing of an answer is cut off.
    """

    _awaited: TimerHandle | None = None
    _unread: TimerHandle | None = None

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._parser = self.conn = StrictParser(h11.SERVER)

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

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's text, in plain
        """Refuses a malformed request; one whose answer has started is cut off."""
        started = self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE)
        if self.cycle and not self.cycle.response_complete:
            self.cycle.disconnected = True  # the application's answer goes nowhere
            self.cycle.message_event.set()
        if not started:
            error = BadRequestError(self._parser.problem, remedy="send it as RFC 9112 has it")
            response = ErrorAnswer.of(error).response
            response.headers["Connection"] = "close"
            self._answer(response)
        self.transport.close()

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
        body = b"" if self._parser.is_head else bytes(response.body)
        head = h11.Response(status_code=response.status_code, headers=response.raw_headers)
        for event in (head, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")


class LiveConnection(WebSocketsSansIOProtocol):
    """One client's WebSocket.

    Whatever violates the protocol closes the connection, and logs no traceback.
    """

    def data_received(self, data: bytes) -> None:
        """Takes data; a handshake that cannot be parsed is answered, and the connection closed."""
        super().data_received(data)
        if self.conn.handshake_exc and not self.handshake_initiated:
            refusal = b"".join(self.conn.data_to_send())
            self.transport.write(refusal or self.conn.reject(400, _NO_HANDSHAKE).serialize())
            self.transport.close()

    def send_receive_event_to_app(self) -> None:
        """Passes a message on; text that is not UTF-8 closes the connection with 1007."""
        is_text = self.curr_msg_data_type == "text" and not self.close_sent
        if is_text and not _is_utf8(b"".join(self.frames)):
            self.conn.fail(1007, "text is not UTF-8")
            self.handle_parser_exception()
        super().send_receive_event_to_app()

    async def send(self, message: ASGISendEvent) -> None:
        """Sends a message; a refusal completes the handshake, so that uvicorn logs no error.

        Raises:
            ClientDisconnected: the connection is closing.
        """
        if self.close_sent:
            raise ClientDisconnected
        await super().send(message)
        if self.close_sent:
            self.handshake_complete = True


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    busy = BusyError(f"{MOST} connections are open", remedy="try again soon")
    response = ErrorAnswer.of(busy).response
    response.headers["Connection"] = "close"
    await response(scope, receive, send)
