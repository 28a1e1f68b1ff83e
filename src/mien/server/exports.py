"""What a user takes away of a session: its records, and its report."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Literal

from mien.errors import MediaError
from mien.inference.records import open_records
from mien.reporting import write_report
from mien.reporting.thumbnails import Cutter
from mien.results import Face, FrameResult
from mien.server.errors import ConflictError
from mien.server.settings import Settings
from mien.server.store import Store
from mien.server.store.faces import read_columns
from mien.server.videos import Video
from mien.storage.errors import DiskFullError

Format = Literal["csv", "jsonl", "parquet"]

MEDIA_TYPES: dict[str, str] = {
    "csv": "text/csv",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
    "html": "text/html",
    "mp4": "video/mp4",
}

_LONGEST_NAME = 80  # letters; some systems take no more than 255 bytes


def frame_results(store: Store, session: int) -> Iterator[FrameResult]:
    """Yields what was seen in every frame of a session, merged people as the one they are.

    Raises:
        NotFoundError: there is no such session.
    """
    found = store.sessions.get(session)
    width, height = found.width or 0, found.height or 0
    for one in store.faces.all(session):
        faces: tuple[Face, ...] = tuple(face for _, face in one.faces)
        source = one.source or found.name
        yield FrameResult(source, width, height, faces, one.frame, one.time)


def write_records(store: Store, session: int, path: Path) -> None:
    """Writes the records of a session, as `mien predict --records` would.

    Args:
        store: whose.
        session: its number.
        path: the file; its suffix is the format.

    Raises:
        NotFoundError: there is no such session.
        MediaError: the format needs a library that is not installed.
        DiskFullError: there is no room for the file.
    """
    results = frame_results(store, session)
    opened = open_records(path)
    try:
        with opened as records:
            for result in results:
                records.write(result)
    except MediaError as error:
        raise DiskFullError(str(error).replace(f"{path}", path.name)) from None


def write_page(store: Store, settings: Settings, session: int, path: Path) -> None:
    """Writes the report of a session; with images where the video was kept.

    Raises:
        NotFoundError: there is no such session.
        ConflictError: nothing was recorded in it.
        DiskFullError: there is no room for the file.
    """
    found = store.sessions.get(session)
    if not found.frames:
        raise ConflictError(f"session {session}: nothing was recorded, so there is no report.")
    records = read_columns(store.database, store.people, found)
    try:
        with ExitStack() as stack:
            cutter = None
            if found.film is not None:
                video = Video(store.files.video(session), found.name, settings)
                cutter = Cutter(iter(stack.enter_context(closing(video))))
            write_report(records, path, cutter, found.name)
    except MediaError as error:
        raise DiskFullError(str(error).replace(f"{path}", path.name)) from None


def download_name(name: str, session: int, suffix: str) -> str:
    r"""Returns a file name of a session's name, less what a file name may not hold.

    Example:
        >>> download_name("../talk\\1.mp4", 3, "csv")
        'talk-1.csv'
    """
    stem = re.sub(r"\.\w{2,4}$", "", name)
    safe = re.sub(r"[^\w.-]+", "-", stem).strip("-._")[:_LONGEST_NAME]
    return f"{safe or f'session-{session}'}.{suffix}"
