"""What was seen in a session: the faces of each frame, as they were answered."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from mien.results import Face, FrameResult
from mien.server.errors import ConflictError
from mien.server.store.database import Database
from mien.server.store.face_columns import EMPTY, from_columns, pack, to_columns
from mien.server.store.people import People
from mien.server.store.sessions import missing

Embedding = NDArray[np.float32]

_INSERT = (
    "INSERT INTO faces (session, frame, time, source, person, x, y, width, height, score, unsure, "
    "probabilities, smoothed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id"
)
_PAGE = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One frame to store.

    Attributes:
        result: what was answered.
        embeddings: of its faces, in their order, float32 (D,); None where one is not known.
        base: the seven probabilities that the model itself answered for each of its faces, where a
            profile may have changed them; None where none did.
        source: what the frame shows, where each has a source of its own, as photos have.
    """

    result: FrameResult
    embeddings: Sequence[Embedding | None] | NDArray[np.float32]
    base: Sequence[Sequence[float] | None] | NDArray[np.float32] | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class StoredFrame:
    """One frame that was stored.

    Attributes:
        frame: its number.
        time: in seconds.
        source: as in `Seen`.
        faces: each with the number of its row. Their people are those that they stand for now.
    """

    frame: int
    time: float
    source: str | None
    faces: tuple[tuple[int, Face], ...]


class Faces:
    """The table of faces."""

    def __init__(self, database: Database, people: People) -> None:
        self._database, self._people = database, people

    def add(self, session: int, frames: Sequence[Seen]) -> int:
        """Stores frames, all or none of them; those that are there already are passed over.

        Args:
            session: one that is being recorded.
            frames: with ascending numbers.

        Returns:
            How many were new.

        Raises:
            NotFoundError: there is no such session.
            ConflictError: the session has ended.
            DiskFullError: there is no room for them.
        """
        with self._database.transaction() as write:
            last = _last_frame(write, session)
            new = [one for one in frames if one.result.frame > last]
            for one in new:
                _add(write, session, one)
            if new:
                _count(write, session, new)
        return len(new)

    def frames(self, session: int, after: int = -1, limit: int = _PAGE) -> list[StoredFrame]:
        """Returns a page of frames.

        Args:
            session: its number.
            after: the number of the last frame of the page before; -1 for the first page.
            limit: how many frames at most.
        """
        roots = self._people.roots(session)
        rows = self._database.rows(
            "SELECT * FROM faces WHERE session = ?1 AND frame > ?2 AND frame <= (SELECT max(frame) "
            "FROM (SELECT DISTINCT frame FROM faces WHERE session = ?1 AND frame > ?2 "
            "ORDER BY frame LIMIT ?3)) ORDER BY frame, id",
            (session, after, limit),
        )
        return [_frame(list(group), roots) for _, group in groupby(rows, lambda row: row["frame"])]

    def all(self, session: int) -> Iterator[StoredFrame]:
        """Yields every frame of a session, a page at a time."""
        page = self.frames(session)
        while page:
            yield from page
            page = self.frames(session, page[-1].frame)


def _last_frame(read: sqlite3.Connection, session: int) -> int:
    row = read.execute("SELECT status, last_frame FROM sessions WHERE id = ?", (session,))
    found = row.fetchone()
    if found is None:
        raise missing(session)
    if found["status"] != "recording":
        raise ConflictError(f"session {session}: has ended; start another one to record.")
    return int(found["last_frame"])


def _add(write: sqlite3.Connection, session: int, one: Seen) -> None:
    start = (session, one.result.frame, one.result.time, one.source)
    if not one.result.faces:
        write.execute(_INSERT, (*start, *EMPTY)).fetchone()
    base = [None] * len(one.result.faces) if one.base is None else one.base
    for face, embedding, own in zip(one.result.faces, one.embeddings, base, strict=True):
        (row,) = write.execute(_INSERT, (*start, *to_columns(face))).fetchone()
        if embedding is not None:
            write.execute(
                "INSERT INTO embeddings (face, vector, base) VALUES (?, ?, ?)",
                (row, embedding.astype("<f2").tobytes(), None if own is None else pack(own)),
            )
        if face.person is not None:
            write.execute(
                "INSERT OR IGNORE INTO people (session, number) VALUES (?, ?)",
                (session, face.person),
            )


def _count(write: sqlite3.Connection, session: int, new: Sequence[Seen]) -> None:
    last, first = new[-1].result, new[0].result
    write.execute(
        "UPDATE sessions SET frames = frames + ?, faces = faces + ?, last_frame = ?, seconds = ?, "
        "width = coalesce(width, ?), height = coalesce(height, ?) WHERE id = ?",
        (
            *(len(new), sum(len(one.result.faces) for one in new)),
            *(last.frame, last.time, first.width, first.height, session),
        ),
    )


def _frame(rows: Sequence[sqlite3.Row], roots: Mapping[int, int]) -> StoredFrame:
    start = rows[0]
    faces = tuple((row["id"], from_columns(row, roots)) for row in rows if row["x"] is not None)
    return StoredFrame(start["frame"], start["time"], start["source"], faces)
