"""Downloads of a session: its records, its events, its report."""

import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

from mien.clocks import clock_at
from mien.errors import MediaError, StudyError
from mien.inference.records import Layout, open_records
from mien.reporting import write_report
from mien.reporting.thumbnails import ThumbnailReader
from mien.results import Face, FrameResult
from mien.server.errors import ConflictError
from mien.server.settings import Settings
from mien.server.store import Store
from mien.server.store.recordings import events_of, names_of, study_columns, to_recordings
from mien.server.store.sessions import Session
from mien.server.videos import Video
from mien.storage.errors import DiskFullError
from mien.study.bids import export_bids
from mien.study.codebook import describe_columns, tabulate_events
from mien.study.events import write_events
from mien.study.tables import Table, TableColumn, write_tables

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

_MOST_ROWS = 1_048_575  # of a sheet of Excel, less the header
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
            clock=clock_at(found.clock, frame.time),
        )


def write_records(store: Store, session: int, path: Path) -> None:
    """Writes the records of a session, as `mien predict --records` would, and what belongs to them.

    Further columns name each face's person, the events and the condition that hold, and whether an
    event excludes the row. Excel has sheets of the events, the people and a codebook, too.

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
    layout = Layout(
        found.labels,
        tuple(found.attributes),
        bool(found.prior),
        bool(found.detector),
        further=study_columns(store, found),
    )
    results = frame_results(store, session)
    if path.suffix == ".xlsx":
        with _hiding_paths(path):
            _write_workbook(store, found, layout, results, path)
        return
    opened = open_records(path, layout)
    with _hiding_paths(path), opened as records:
        for result in results:
            records.write(result)


def _write_workbook(
    store: Store, session: Session, layout: Layout, results: Iterable[FrameResult], path: Path
) -> None:
    rows = [row for result in results for row in layout.to_rows(result)]
    if len(rows) > _MOST_ROWS:
        raise ConflictError(
            f"session {session.id} has {len(rows):,} rows; a sheet of Excel holds {_MOST_ROWS:,}",
            remedy="download CSV or Parquet",
        )
    # The descriptions that Mien's own columns have, and those of the further ones.
    own = describe_columns(replace(layout, further=()))
    further = (TableColumn(it.name, it.description, "", it.empty) for it in layout.further)
    names = sorted(names_of(store, session.id).items())
    people = (TableColumn("person", "the person id"), TableColumn("name", "of the person"))
    tables = (
        Table("records", (*own, *further), rows),
        tabulate_events(events_of(store, session)),
        Table("people", people, names),
    )
    write_tables(path, tables)


def write_session_events(store: Store, session: int, path: Path, kind: str) -> None:
    """Writes the markers of a session as events, in one of `mien.study.events.FORMATS`.

    Raises:
        UnknownItemError: there is no such session.
        DiskFullError: the disk is full.
    """
    events = events_of(store, store.sessions.get(session))
    with _hiding_paths(path):
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
    with _hiding_paths(path):
        try:
            export_bids(recordings, folder)
        except StudyError as error:
            raise ConflictError(error.reason, remedy=error.remedy) from None
        shutil.make_archive(str(folder), "zip", folder)


@contextmanager
def _hiding_paths(path: Path) -> Iterator[None]:
    """Turns errors of writing into ones that tell clients no path of this machine."""
    try:
        yield
    except (MediaError, StudyError) as error:
        if error.subject is None:  # it names a library that is not installed
            raise
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
    with _hiding_paths(path), ExitStack() as stack:
        thumbnails = None
        if found.film is not None:
            video = Video(store.files.video(session), found.name, settings)
            thumbnails = ThumbnailReader(iter(stack.enter_context(closing(video))))
        write_report(to_recordings(store, found), path, thumbnails, found.name)


def download_name(name: str, session: int, suffix: str) -> str:
    r"""Makes a file name from a session's name, without characters that file names may not have.

    Example:
        >>> download_name("../talk\\1.mp4", 3, "csv")
        'talk-1.csv'
    """
    stem = re.sub(r"\.\w{2,4}$", "", name)
    safe = re.sub(r"[^\w.-]+", "-", stem).strip("-._")[:_LONGEST_NAME]
    return f"{safe or f'session-{session}'}.{suffix}"
