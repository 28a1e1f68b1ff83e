"""Connections without an HTTP library, which may do what a library would not."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

_BUFFER = 2**16  # bytes that asyncio reads ahead


@dataclass(frozen=True, eq=False)
class Line:
    """A connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Sends bytes as they are; a server that has closed the connection is no error."""
        with suppress(ConnectionError):
            self.writer.write(data)
            await self.writer.drain()

    async def status(self, seconds: float) -> int:
        """Returns the status of the answer; 0 if the server only closes the connection.

        Raises:
            TimeoutError: it does neither in time.
        """
        async with asyncio.timeout(seconds):
            try:
                line = await self.reader.readline()
            except ConnectionError:
                return 0
        parts = line.split()
        return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0

    async def read_slowly(self, seconds: float, size: int = 512) -> int:
        """Reads a little at a time; returns the number of bytes once time is up or all is read."""
        total = 0
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(seconds):
                while data := await self.reader.read(size):
                    total += len(data)
                    await asyncio.sleep(0.05)
        return total

    def reset(self) -> None:
        """Cuts the connection with RST, as a machine that loses its power does."""
        found = self.writer.get_extra_info("socket")
        if found is not None:
            with suppress(OSError):
                found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


@asynccontextmanager
async def connect(port: int, receive_buffer: int = 0) -> AsyncIterator[Line]:
    """Opens a connection; it is cut with RST at the end of the block.

    Args:
        port: on 127.0.0.1.
        receive_buffer: bytes that the system takes for a client that does not read; 0 for its own
            choice.
    """
    raw = socket.socket()
    raw.setblocking(False)
    if receive_buffer:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=raw, limit=receive_buffer or _BUFFER)
    line = Line(reader, writer)
    try:
        yield line
    finally:
        line.reset()


def head(method: str, path: str, port: int, length: int = 0, more: str = "") -> bytes:
    """Returns the head of a request; `more` has further lines, each with its CRLF."""
    return (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Content-Length: {length}\r\n{more}\r\n"
    ).encode()
