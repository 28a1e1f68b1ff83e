"""Files that a browser keeps: read once, and sent again only where they changed."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from fastapi import Request, Response


@dataclass(frozen=True, slots=True)
class BrowserFile:
    """A file with what its answer says of it.

    Attributes:
        content: the bytes.
        media_type: what a browser takes it for.
        etag: changes with the content.
    """

    content: bytes
    media_type: str
    etag: str

    @classmethod
    def read(cls, entry: Traversable, media_type: str) -> "BrowserFile":
        """Reads a file of a package or of a folder."""
        content = entry.read_bytes()
        return cls(content, media_type, f'"{hashlib.sha256(content).hexdigest()[:32]}"')

    def answer(self, request: Request, headers: Mapping[str, str] | None = None) -> Response:
        """Returns the file, or "unchanged" if the browser has it.

        Args:
            request: that asks for it.
            headers: further ones.
        """
        # Cached, but checked each time, so that an update never mixes old and new files.
        fields = {"ETag": self.etag, "Cache-Control": "no-cache", **(headers or {})}
        if request.headers.get("if-none-match") == self.etag:
            return Response(status_code=304, headers=fields)
        return Response(self.content, media_type=self.media_type, headers=fields)
