"""What the user recorded: sessions, jobs and feedback, in an SQLite file and a folder of videos."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from mien.server.store.database import Database
from mien.server.store.faces import Faces
from mien.server.store.feedback import FeedbackTable, RecentFaces
from mien.server.store.files import Files, mark_interrupted
from mien.server.store.jobs import JobTable
from mien.server.store.sessions import Marks, People, Sessions

__all__ = ["FILE_NAME", "Store"]

FILE_NAME = "studio.sqlite"


@dataclass(frozen=True, slots=True)
class Store:
    """All that is stored. Its parts are safe to use from several threads.

    Nothing gets here unless the user records; only `recent` holds what merely passed by, in
    memory, until newer faces take its place.

    Attributes:
        database: the file, `studio.sqlite`.
        files: the videos beside it.
        sessions: what was recorded.
        people: who is in each session.
        faces: what was seen in each session.
        marks: moments that the user marked.
        jobs: work on videos.
        feedback: what users said is on a face.
        recent: the faces that were answered last.
    """

    database: Database
    files: Files
    sessions: Sessions
    people: People
    faces: Faces
    marks: Marks
    jobs: JobTable
    feedback: FeedbackTable
    recent: RecentFaces = field(default_factory=RecentFaces)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Opens the store of a folder, and makes one where there is none.

        What the last server left unfinished, having been killed, is marked as interrupted.

        Raises:
            StoreError: the folder may not be written, or its database is damaged, in use by
                another program, of a newer version, or another program's.
            DiskFullError: the disk is full.
        """
        database = Database(folder / FILE_NAME)
        try:
            files, people, jobs = Files(folder), People(database), JobTable(database)
            files.tidy(mark_interrupted(database))
        except BaseException:
            database.close()
            raise
        database.name = FILE_NAME  # clients read the errors from here on: they learn of no folder
        return cls(
            database,
            files,
            Sessions(database, files, jobs),
            people,
            Faces(database, people),
            Marks(database),
            jobs,
            FeedbackTable(database),
        )

    def close(self) -> None:
        """Closes the database. May be repeated."""
        self.database.close()
