"""A client's film to the disk, as it comes."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from mien.server.errors import BadRequestError
from mien.server.store.files import Files
from mien.storage.errors import DiskFullError

_PIECE = 2**20  # bytes between two visits to the disk

FILM_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("video/*", "application/octet-stream")
        },
    }
}
"""What a route that takes a film tells of it in the OpenAPI document."""


@asynccontextmanager
async def uploaded(request: Request, files: Files) -> AsyncIterator[Path]:
    """Gives the path of the request's body, which is removed again unless it is moved.

    Raises:
        BadRequestError: it is empty, or a form.
        DiskFullError: there is no room for it.
    """
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise BadRequestError("a form; send the film itself as the request's body.")
    folder = await run_in_threadpool(files.scratch)
    try:
        path = folder / "film"
        try:
            with path.open("wb", buffering=0) as file:
                size = await _copy(request, file)
        except OSError as error:
            raise DiskFullError(
                f"the film cannot be stored ({error.strerror}); make room on the disk."
            ) from None
        if not size:
            raise BadRequestError("the film is empty; send the bytes of an MP4 or WebM file.")
        yield path
    finally:
        await run_in_threadpool(shutil.rmtree, folder)


async def _copy(request: Request, file: BinaryIO) -> int:
    size, held = 0, bytearray()
    async for piece in request.stream():
        held += piece
        size += len(piece)
        if len(held) >= _PIECE:
            await run_in_threadpool(_write, file, held)
    await run_in_threadpool(_write, file, held)
    return size


def _write(file: BinaryIO, held: bytearray) -> None:
    """Writes all that is held: what fits before a full disk is no success."""
    rest = memoryview(bytes(held))
    while rest:
        rest = rest[file.write(rest) :]
    held.clear()
