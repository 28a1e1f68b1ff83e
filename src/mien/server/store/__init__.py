"""Studio's store: sessions, jobs and feedback, in an SQLite file and a folder of videos."""

from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from mien.personalization.store import FILE_NAME as PROFILES_FILE_NAME
from mien.personalization.store import Profiles
from mien.server.errors import BusyError
from mien.server.store.database import FILE_NAME, Database
from mien.server.store.downloads import Downloads
from mien.server.store.faces import Faces
from mien.server.store.feedback import FeedbackTable
from mien.server.store.files import Files, mark_interrupted
from mien.server.store.jobs import JobTable
from mien.server.store.liveness import Liveness
from mien.server.store.markers import Markers
from mien.server.store.people import People
from mien.server.store.preferences import Preferences
from mien.server.store.recent import RecentFaces
from mien.server.store.series import SeriesTable
from mien.server.store.sessions import Sessions, unknown_session
from mien.server.store.thumbnails import Thumbnails

__all__ = ["FILE_NAME", "Store"]


@dataclass(frozen=True, slots=True)
class Store:
    """All stored data. Safe to use from several threads.

    Nothing is stored unless the user records; `recent` keeps the latest faces in memory only.

    Attributes:
        database: the file, `studio.sqlite`.
        files: the videos beside it.
        sessions: the recordings.
        people: of each session.
        faces: the frames of each session.
        series: the same in the columns that charts need.
        thumbnails: images of people that users asked to keep.
        markers: of each session.
        jobs: on videos.
        feedback: the labels that users gave.
        preferences: what users chose for good.
        profiles: what users taught, in a file of its own beside the database.
        downloads: that are being made.
        recent: the faces that were predicted last.
        liveness: when each recording gave a sign of life.
    """

    database: Database
    files: Files
    sessions: Sessions
    people: People
    faces: Faces
    series: SeriesTable
    thumbnails: Thumbnails
    markers: Markers
    jobs: JobTable
    feedback: FeedbackTable
    preferences: Preferences
    profiles: Profiles
    downloads: Downloads
    _held: ExitStack
    recent: RecentFaces = field(default_factory=RecentFaces)
    liveness: Liveness = field(default_factory=Liveness)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Opens the store of a folder; creates it if absent.

        Sessions and jobs that a killed server left unfinished are marked as interrupted.

        Raises:
            StoreError: the folder is not writable, or its database is damaged, in use by
                another program, of a newer version, or another program's.
            DiskFullError: the disk is full.
        """
        with ExitStack() as opened:
            database = opened.enter_context(closing(Database(folder / FILE_NAME)))
            files, people, jobs = Files(folder), People(database), JobTable(database)
            series, downloads = SeriesTable(database), Downloads()
            files.tidy(mark_interrupted(database))
            profiles = opened.enter_context(closing(Profiles.open(folder)))
            opened.callback(files.empty_scratch)
            opened.callback(downloads.stop, _stopping())
            held = opened.pop_all()
        profiles.database.name = PROFILES_FILE_NAME
        database.name = FILE_NAME  # clients read the errors from here on, and learn of no folder

        def on_delete(session: int) -> None:
            downloads.stop(unknown_session(session), session)
            series.forget(session)

        return cls(
            database,
            files,
            Sessions(database, files, jobs, on_delete),
            people,
            Faces(database, people),
            series,
            Thumbnails(database),
            Markers(database),
            jobs,
            FeedbackTable(database, profiles),
            Preferences(database),
            profiles,
            downloads,
            held,
        )

    def close(self) -> None:
        """Stops the downloads, removes temporary files, closes both databases. May be repeated."""
        self._held.close()


def _stopping() -> BusyError:
    return BusyError("the server is stopping", remedy="try again soon")
