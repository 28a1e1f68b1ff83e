"""Studio's page: files of the package and of the design system, read once."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import APIRouter, Request, Response

from mien.design import design_files
from mien.server.browser_files import BrowserFile
from mien.server.errors import NotFoundError

router = APIRouter(include_in_schema=False)

# By suffix, because the machine's own table of types may differ.
_TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "mp4": "video/mp4",
    "svg": "image/svg+xml",
    "webm": "video/webm",
    "webp": "image/webp",
    "woff2": "font/woff2",
}


# These run on the event loop: they only look a file up, and shall not wait for a thread.
@router.get("/")
async def index(request: Request) -> Response:
    """Opens the page."""
    return _answer(request, "index.html")


@router.get("/page/{name:path}")
async def part(request: Request, name: str) -> Response:
    """Returns a file of the page."""
    return _answer(request, name)


def _answer(request: Request, name: str) -> Response:
    """Returns a file, or "unchanged" if the browser has it.

    Raises:
        NotFoundError: the page has no such file.
    """
    file = _load().get(name)
    if file is None:
        raise NotFoundError("the page has no such file")
    return file.answer(request)


@cache
def _load() -> dict[str, BrowserFile]:
    """Reads all files; names of clients are only looked up here."""
    design = {f"design/{name}": entry for name, entry in design_files().items()}
    entries = {**dict(_walk(files("mien.server").joinpath("page"), "")), **design}
    return {name: file for name, entry in entries.items() if (file := _read(name, entry))}


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _walk(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, entry


def _read(name: str, entry: Traversable) -> BrowserFile | None:
    """Returns a file; None where its type is not one of the page's."""
    media_type = _TYPES.get(name.rpartition(".")[2])
    return None if media_type is None else BrowserFile.read(entry, media_type)
