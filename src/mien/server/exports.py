"""Downloads of a session: its records and its report."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Literal, get_args

from mien.errors import MediaError
from mien.inference.records import Layout, open_records
from mien.reporting import write_report
from mien.reporting.thumbnails import ThumbnailReader
from mien.results import Face, FrameResult
from mien.server.errors import ConflictError
from mien.server.settings import Settings
from mien.server.store import Store
from mien.server.store.faces import read_session
from mien.server.videos import Video
from mien.storage.errors import DiskFullError

Format = Literal["csv", "jsonl", "parquet"]
FORMATS: tuple[str, ...] = get_args(Format)

MEDIA_TYPES: dict[str, str] = {
    "csv": "text/csv",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
    "html": "text/html",
    "mp4": "video/mp4",
}

_LONGEST_NAME = 80  # letters; some systems limit file names to 255 bytes


def frame_results(store: Store, session: int) -> Iterator[FrameResult]:
    """Yields the result of every frame of a session; merged people have one person id.

    Raises:
        UnknownItemError: there is no such session.
    """
    found = store.sessions.get(session)
    width, height = found.width or 0, found.height or 0
    for frame in store.faces.all(session):
        faces: tuple[Face, ...] = tuple(face for _, face in frame.faces)
        source = frame.source or found.name
        yield FrameResult(
            *(source, width, height, faces, frame.frame, frame.time),
            labels=found.labels,
            attributes=found.attributes,
            prior=found.prior,
            detector=found.detector,
        )


def write_records(store: Store, session: int, path: Path) -> None:
    """Writes the records of a session, as `mien predict --records` would.

    Args:
        store: that has it.
        session: its number.
        path: the file; its suffix is the format.

    Raises:
        UnknownItemError: there is no such session.
        MediaError: the format needs a library that is not installed.
        DiskFullError: the disk is full.
    """
    found = store.sessions.get(session)
    results = frame_results(store, session)
    named = bool(found.prior), bool(found.detector)
    opened = open_records(path, Layout(found.labels, tuple(found.attributes), *named))
    try:
        with opened as records:
            for result in results:
                records.write(result)
    except MediaError as error:
        # Clients learn of no path of this machine.
        raise DiskFullError(error.reason, subject=path.name, remedy=error.remedy) from None


def write_page(store: Store, settings: Settings, session: int, path: Path) -> None:
    """Writes the report of a session; with images if the video was saved.

    Raises:
        UnknownItemError: there is no such session.
        ConflictError: nothing was recorded in it.
        DiskFullError: the disk is full.
    """
    found = store.sessions.get(session)
    if not found.frames:
        raise ConflictError(f"session {session} has no frames, so there is no report")
    records = read_session(store.database, store.people, found)
    try:
        with ExitStack() as stack:
            thumbnails = None
            if found.film is not None:
                video = Video(store.files.video(session), found.name, settings)
                thumbnails = ThumbnailReader(iter(stack.enter_context(closing(video))))
            write_report(records, path, thumbnails, found.name)
    except MediaError as error:
        # Clients learn of no path of this machine.
        raise DiskFullError(error.reason, subject=path.name, remedy=error.remedy) from None


def download_name(name: str, session: int, suffix: str) -> str:
    r"""Makes a file name from a session's name, without characters that file names may not have.

    Example:
        >>> download_name("../talk\\1.mp4", 3, "csv")
        'talk-1.csv'
    """
    stem = re.sub(r"\.\w{2,4}$", "", name)
    safe = re.sub(r"[^\w.-]+", "-", stem).strip("-._")[:_LONGEST_NAME]
    return f"{safe or f'session-{session}'}.{suffix}"
