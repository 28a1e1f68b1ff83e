"""What downloads of sessions contain: records, events, BIDS, reports, many in one ZIP file.

Lines and ZIP files are sent while they are made. Formats that are written from several places,
such as Parquet, are made in a temporary folder first.
"""

import errno
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Literal, cast, get_args
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from mien.errors import StudyError
from mien.reporting import write_report
from mien.reporting.thumbnails import ThumbnailReader
from mien.server.errors import ConflictError
from mien.server.records import LINES, RecordFile, check_sheet, hiding_paths, records_of
from mien.server.settings import Settings
from mien.server.store import Store
from mien.server.store.downloads import Download
from mien.server.store.recordings import events_of, to_recordings
from mien.server.store.sessions import Session
from mien.server.videos import Video
from mien.storage.errors import DiskFullError
from mien.study.bids import export_bids
from mien.study.events import encode_events

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


def send_records(download: Download, store: Store, file: RecordFile, kind: Format) -> None:
    """Sends records; lines as they are read, Parquet and Excel once they are written.

    Raises:
        ConflictError: there are more rows than a sheet of Excel holds.
        MediaError: the format needs a library that is not installed.
        DiskFullError: the disk is full.
        UnknownItemError: the session was deleted meanwhile.
    """
    file = replace(file, check=download.check)
    if kind in LINES:
        for line in file.encode(kind):
            download.write(line)
        return
    with store.files.temporary(f"download.{kind}") as path:
        file.write(path)
        download.send(path)


def send_events(download: Download, store: Store, session: int, kind: str) -> None:
    """Sends the markers of a session as events, in one of `mien.study.events.FORMATS`.

    Raises:
        UnknownItemError: there is no such session.
        ConflictError: the format cannot hold an event.
    """
    try:
        content = encode_events(events_of(store, store.sessions.get(session)), kind)
    except StudyError as error:
        raise ConflictError(error.reason, remedy=error.remedy) from None
    download.size = len(content)
    download.write(content)


def send_bids(download: Download, store: Store, session: int) -> None:
    """Sends a session as a BIDS dataset, in a ZIP file.

    Raises:
        UnknownItemError: there is no such session.
        ConflictError: it has no video and no recording, which BIDS needs.
        DiskFullError: the disk is full.
    """
    recordings = to_recordings(store, store.sessions.get(session))
    download.check()
    with store.files.temporary("download.zip") as path, hiding_paths(path), _on_disk(path):
        folder = path.with_suffix("")
        try:
            export_bids(recordings, folder)
        except StudyError as error:
            raise ConflictError(error.reason, remedy=error.remedy) from None
        download.check()
        shutil.make_archive(str(folder), "zip", folder)
        download.send(path)


def send_report(download: Download, store: Store, settings: Settings, session: int) -> None:
    """Sends the report of a session; with images if the video was saved.

    Raises:
        UnknownItemError: there is no such session.
        ConflictError: nothing was recorded in it.
        DiskFullError: the disk is full.
    """
    with store.files.temporary("download.html") as path:
        _write_report(download, store, settings, session, path)
        download.send(path)


def send_archive(
    download: Download,
    store: Store,
    settings: Settings,
    sessions: Sequence[Session],
    kind: Format | Literal["report"],
) -> None:
    """Sends a ZIP file with one file for each session, while the files are made.

    Args:
        download: that is sent.
        store: that has them.
        settings: the server's.
        sessions: in the order of the files.
        kind: of the files.

    Raises:
        ConflictError: a session has no frames, so there is no report, or too many for Excel.
        MediaError: the format needs a library that is not installed.
        DiskFullError: the disk is full.
        UnknownItemError: a session was deleted meanwhile.
    """
    for session in sessions:  # before the first byte: later errors have no status
        if kind == "report" and not session.frames:
            raise _no_report(session.id)
        if kind == "xlsx":
            check_sheet(max(session.frames, session.faces))
    suffix = "html" if kind == "report" else kind
    names = set[str]()
    file = cast("IO[bytes]", download)  # ZipFile calls no more than `write` and `flush`
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for session in sessions:
            name = _unique_name(session, suffix, names)
            if kind == "report":
                with store.files.temporary("part.html") as path:
                    _write_report(download, store, settings, session.id, path)
                    archive.write(path, name)
            else:
                _archive_records(download, store, session.id, archive, kind, name)


def _archive_records(
    download: Download, store: Store, session: int, archive: ZipFile, kind: Format, name: str
) -> None:
    file = replace(records_of(store, session), check=download.check)
    if kind in LINES:
        entry = ZipInfo(name, time.localtime()[:6])
        entry.compress_type = ZIP_DEFLATED
        with archive.open(entry, "w", force_zip64=True) as part:
            part.writelines(file.encode(kind))
        return
    with store.files.temporary(f"part.{kind}") as path:
        file.write(path)
        archive.write(path, name)


def _write_report(
    download: Download, store: Store, settings: Settings, session: int, path: Path
) -> None:
    found = store.sessions.get(session)
    if not found.frames:
        raise _no_report(session)
    with hiding_paths(path), ExitStack() as stack:
        thumbnails = None
        if found.film is not None:
            video = Video(store.files.video(session), found.name, settings)
            frames = download.checked(stack.enter_context(closing(video)))
            thumbnails = ThumbnailReader(frames)
        recordings = to_recordings(store, found)
        download.check()
        write_report(recordings, path, thumbnails, found.name)


def _no_report(session: int) -> ConflictError:
    return ConflictError(f"session {session} has no frames, so there is no report")


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
