"""Answers that are files to save, sent while they are made."""

import asyncio
import logging
from collections.abc import Collection
from typing import Any
from urllib.parse import quote

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from mien.errors import MienError
from mien.server.exports import MEDIA_TYPES
from mien.server.store.downloads import Download, Downloads, StoppedError, Work

_log = logging.getLogger(__name__)


def describe_file(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """Returns the documentation of a route that answers with a file of one of some media types."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}
    return {200: {"description": "The file.", "content": content}}


class Attachment(StreamingResponse):
    """A file to save. Its download ends with its client.

    An error before the first byte is answered as any other. After it the connection is closed
    before the answer is complete, so that the client takes no part of a file for the whole.

    Args:
        downloads: the server's.
        sessions: the numbers of those whose data it contains.
        name: under which a browser saves it; its suffix is the format.
        work: writes the file.
    """

    def __init__(
        self, downloads: Downloads, sessions: Collection[int], name: str, work: Work
    ) -> None:
        kind = MEDIA_TYPES.get(name.rpartition(".")[2], "application/octet-stream")
        headers = {"Content-Disposition": f"attachment; filename*=utf-8''{quote(name)}"}
        super().__init__((), media_type=kind, headers=headers)
        self._downloads, self._sessions, self._work = downloads, sessions, work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Makes the download and sends it."""
        download = self._downloads.make(self._sessions, self._work)
        leaving = asyncio.create_task(_until_disconnect(receive))
        leaving.add_done_callback(lambda _: download.stop())
        try:
            await self._downloads.start(download)
            await self._send(download, await download.next(), send)
        except StoppedError:
            pass  # there is nobody to answer
        finally:
            leaving.cancel()
            download.stop()

    async def _send(self, download: Download, chunk: bytes | None, send: Send) -> None:
        if download.size is not None:
            self.headers["Content-Length"] = f"{download.size}"
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        try:
            while chunk is not None:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                chunk = await download.next()
        except StoppedError:
            raise
        except MienError as error:
            _log.warning("a download was cut off: %s", error)
        except Exception:
            _log.exception("a download was cut off")
        else:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
