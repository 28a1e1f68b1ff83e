"""Downloads of sessions: events, BIDS, reports, and many in one ZIP file."""

import errno
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Literal, get_args
from zipfile import ZIP_DEFLATED, ZipFile

from mien.errors import StudyError
from mien.reporting import write_report
from mien.reporting.thumbnails import ThumbnailReader
from mien.server.errors import ConflictError
from mien.server.records import hiding_paths, write_records
from mien.server.settings import Settings
from mien.server.store import Store
from mien.server.store.recordings import events_of, to_recordings
from mien.server.store.sessions import Session
from mien.server.videos import Video
from mien.storage.errors import DiskFullError
from mien.study.bids import export_bids
from mien.study.events import write_events

Format = Literal["csv", "jsonl", "parquet", "xlsx"]
FORMATS: tuple[str, ...] = get_args(Format)

MEDIA_TYPES: dict[str, str] = {
    "csv": "text/csv",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
    "html": "text/html",
    "mp4": "video/mp4",
}

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LONGEST_NAME = 80  # letters; some systems limit file names to 255 bytes


def write_session_events(store: Store, session: int, path: Path, kind: str) -> None:
    """Writes the markers of a session as events, in one of `mien.study.events.FORMATS`.

    Raises:
        UnknownItemError: there is no such session.
        DiskFullError: the disk is full.
    """
    events = events_of(store, store.sessions.get(session))
    with hiding_paths(path):
        write_events(path, events, kind)


def write_bids(store: Store, session: int, path: Path) -> None:
    """Writes a session as a BIDS dataset, in a ZIP file.

    Raises:
        UnknownItemError: there is no such session.
        ConflictError: it has no video and no recording, which BIDS needs.
        DiskFullError: the disk is full.
    """
    recordings = to_recordings(store, store.sessions.get(session))
    folder = path.with_suffix("")
    with hiding_paths(path):
        try:
            export_bids(recordings, folder)
        except StudyError as error:
            raise ConflictError(error.reason, remedy=error.remedy) from None
        shutil.make_archive(str(folder), "zip", folder)


def write_page(store: Store, settings: Settings, session: int, path: Path) -> None:
    """Writes the report of a session; with images if the video was saved.

    Raises:
        UnknownItemError: there is no such session.
        ConflictError: nothing was recorded in it.
        DiskFullError: the disk is full.
    """
    found = store.sessions.get(session)
    if not found.frames:
        raise _no_report(session)
    with hiding_paths(path), ExitStack() as stack:
        thumbnails = None
        if found.film is not None:
            video = Video(store.files.video(session), found.name, settings)
            thumbnails = ThumbnailReader(iter(stack.enter_context(closing(video))))
        write_report(to_recordings(store, found), path, thumbnails, found.name)


def _no_report(session: int) -> ConflictError:
    return ConflictError(f"session {session} has no frames, so there is no report")


def write_archive(
    store: Store,
    settings: Settings,
    sessions: Sequence[Session],
    kind: Format | Literal["report"],
    path: Path,
) -> None:
    """Writes a ZIP file with one file for each session; one session is in memory at a time.

    Args:
        store: that has them.
        settings: the server's.
        sessions: in the order of the files.
        kind: of the files.
        path: of the ZIP file; others are made beside it.

    Raises:
        ConflictError: a session has no frames, so there is no report, or too many for Excel.
        MediaError: the format needs a library that is not installed.
        DiskFullError: the disk is full.
    """
    empty = [session for session in sessions if not session.frames]
    if kind == "report" and empty:
        raise _no_report(empty[0].id)
    suffix = "html" if kind == "report" else kind
    names = set[str]()
    with _on_disk(path), ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for session in sessions:
            part = path.with_name(f"part.{suffix}")
            if kind == "report":
                write_page(store, settings, session.id, part)
            else:
                write_records(store, session.id, part)
            archive.write(part, _unique_name(session, suffix, names))
            part.unlink()


@contextmanager
def _on_disk(path: Path) -> Iterator[None]:
    """Turns the error of a full disk into one that tells clients no path of this machine."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        reason = f"cannot be written ({error.strerror})"
        raise DiskFullError(reason, subject=path.name, remedy="free disk space") from None


def _unique_name(session: Session, suffix: str, names: set[str]) -> str:
    """Returns a file name that no session before has, in any case; adds it to `names`."""
    stem = download_name(session.name, session.id, suffix).removesuffix(f".{suffix}")
    while f"{stem}.{suffix}".casefold() in names:
        stem += f"-{session.id}"
    names.add(f"{stem}.{suffix}".casefold())
    return f"{stem}.{suffix}"


def download_name(name: str, session: int, suffix: str) -> str:
    r"""Makes a file name from a session's name, without characters that file names may not have.

    Example:
        >>> download_name("../talk\\1.mp4", 3, "csv")
        'talk-1.csv'
    """
    stem = re.sub(r"\.\w{2,4}$", "", name)
    safe = re.sub(r"[^\w.-]+", "-", stem).strip("-._")[:_LONGEST_NAME]
    return f"{safe or f'session-{session}'}.{suffix}"
