"""Studio's store: sessions, jobs and feedback, in an SQLite file and a folder of videos."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from mien.personalization.store import FILE_NAME as PROFILES_FILE_NAME
from mien.personalization.store import Profiles
from mien.server.store.database import FILE_NAME, Database
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
from mien.server.store.sessions import Sessions
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
        database = Database(folder / FILE_NAME)
        try:
            files, people, jobs = Files(folder), People(database), JobTable(database)
            series = SeriesTable(database)
            files.tidy(mark_interrupted(database))
            profiles = Profiles.open(folder)
        except BaseException:
            database.close()
            raise
        profiles.database.name = PROFILES_FILE_NAME
        database.name = FILE_NAME  # clients read the errors from here on, and learn of no folder
        return cls(
            database,
            files,
            Sessions(database, files, jobs, series.forget),
            people,
            Faces(database, people),
            series,
            Thumbnails(database),
            Markers(database),
            jobs,
            FeedbackTable(database, profiles),
            Preferences(database),
            profiles,
        )

    def close(self) -> None:
        """Closes both databases. May be repeated."""
        self.database.close()
        self.profiles.close()
