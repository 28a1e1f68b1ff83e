"""Answers that are files to save, made for one request and removed afterwards."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi.responses import StreamingResponse

from mien.server.exports import MEDIA_TYPES
from mien.server.store import Store

_CHUNK = 2**18  # bytes


def describe_file(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """Returns the documentation of a route that answers with a file of one of some media types."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}
    return {200: {"description": "The file.", "content": content}}


def send_file(store: Store, name: str, write: Callable[[Path], None]) -> StreamingResponse:
    """Makes a temporary file for this answer, and removes it afterwards.

    Args:
        store: with the folder of temporary files.
        name: under which a browser saves it; its suffix is the format.
        write: writes the file to a path of the same suffix.
    """
    suffix = name.rpartition(".")[2]
    folder = store.files.scratch()
    path = folder / f"download.{suffix}"
    try:
        write(path)
        size = path.stat().st_size
    except BaseException:
        shutil.rmtree(folder)
        raise
    headers = {
        "Content-Disposition": f"attachment; filename*=utf-8''{quote(name)}",
        "Content-Length": f"{size}",
    }
    kind = MEDIA_TYPES.get(suffix, "application/octet-stream")
    return StreamingResponse(_chunks(path), media_type=kind, headers=headers)


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    finally:
        shutil.rmtree(path.parent)
