"""What was seen in a session: the faces of each frame, as they were answered."""

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS
from mien.inference.records import LABELS, Records
from mien.inference.records.schema import join
from mien.results import Box, Face, FrameResult
from mien.server.errors import ConflictError
from mien.server.store.database import Database, Value
from mien.server.store.sessions import People, Session, missing

EMPTY: tuple[Value, ...] = (None,) * 9
"""The columns of a frame without a face."""


def to_columns(face: Face) -> tuple[Value, ...]:
    """Returns the columns of a face, from `person` on."""
    return (
        face.person,
        *(face.box.x, face.box.y, face.box.width, face.box.height),
        face.score,
        face.confidence < face.unsure_below,
        pack(face.probabilities),
        None if face.smoothed is None else pack(face.smoothed),
    )


def from_columns(row: sqlite3.Row, roots: Mapping[int, int]) -> Face:
    """Returns the face of a row; it has no landmarks, for these are not stored.

    Args:
        row: of the table `faces`; not one of a frame without a face.
        roots: for each person's number, that of the person it stands for.
    """
    return Face(
        Box(row["x"], row["y"], row["width"], row["height"]),
        unpack(row["probabilities"]),
        row["score"],
        (),
        None if row["person"] is None else roots[row["person"]],
        None if row["smoothed"] is None else unpack(row["smoothed"]),
        unsure_below=2.0 if row["unsure"] else 0.0,
    )


def pack(probabilities: Sequence[float] | NDArray[np.float32]) -> bytes:
    """Returns seven doubles: what was answered, to the last bit."""
    return np.array(probabilities, "<f8").tobytes()


def unpack(blob: bytes) -> tuple[float, ...]:
    """Returns what `pack` was given."""
    values: tuple[float, ...] = tuple(np.frombuffer(blob, "<f8", len(EMOTIONS)).tolist())
    return values


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
        raise ConflictError(f"session {session}: has ended", remedy="start another one to record")
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


_BATCH = 20_000  # rows; other threads get at the database between two batches
_NAMES = "frame, time, source, person, x, y, width, height, score, unsure, probabilities, smoothed"
_NOTHING = np.full(len(EMOTIONS), np.nan).tobytes()


def read_columns(database: Database, people: People, session: Session) -> Records:
    """Returns all rows of a session, merged people as the one they are, in the order of frames."""
    roots, parts, last = people.roots(session.id), [], 0
    query = (
        f"SELECT id, {_NAMES} FROM faces WHERE session = ? AND id > ? "  # noqa: S608
        "ORDER BY id LIMIT ?"
    )
    while rows := database.rows(query, (session.id, last, _BATCH)):
        parts.append(_records(rows, roots, session.name))
        last = rows[-1]["id"]
    return join(Path(), parts)


def _records(rows: Sequence[sqlite3.Row], roots: Mapping[int, int], name: str) -> Records:
    columns = dict(zip(rows[0].keys(), zip(*rows, strict=True), strict=True))
    raw, smoothed = _seven(columns["probabilities"]), _seven(columns["smoothed"])
    shown = np.where(np.isnan(smoothed), raw, smoothed)
    there = ~np.isnan(raw[:, 0])
    confidence = np.where(there, np.where(there[:, None], shown, 0).max(axis=1), np.nan)
    label = np.where(there, np.where(there[:, None], shown, 0).argmax(axis=1), -1)
    label[np.array(columns["unsure"], float) == 1] = len(LABELS) - 1
    return Records(
        source=np.array([source or name for source in columns["source"]], np.object_),
        frame=np.array(columns["frame"], np.int64),
        time=np.array(columns["time"], np.float64),
        person=np.array([roots.get(person, -1) for person in columns["person"]], np.int64),
        boxes=np.array([columns[side] for side in ("x", "y", "width", "height")], np.float32).T,
        score=np.array(columns["score"], np.float32),
        label=label.astype(np.int8),
        confidence=confidence.astype(np.float32),
        raw=raw.astype(np.float32),
        smoothed=smoothed.astype(np.float32),
    )


def _seven(blobs: Sequence[bytes | None]) -> NDArray[np.float64]:
    joined = b"".join(_NOTHING if blob is None else blob for blob in blobs)
    return np.frombuffer(joined, "<f8").reshape(-1, len(EMOTIONS))


EVERY = 1.0
"""Seconds between two writes: what a kill may take, of frames that nobody was told are stored."""


class Recorder:
    """Holds frames of one session and writes them once a second.

    Args:
        faces: the table.
        session: the number of one that is being recorded.
    """

    def __init__(self, faces: Faces, session: int) -> None:
        self._faces, self._session = faces, session
        self._held: list[Seen] = []
        self._due = time.monotonic() + EVERY

    def write(self, seen: Seen) -> bool:
        """Takes a frame, and tells whether all that was taken is now stored.

        Raises:
            StoreError: what was held cannot be written; it is lost.
        """
        self._held.append(seen)
        if time.monotonic() < self._due:
            return False
        self.flush()
        return True

    def flush(self) -> None:
        """Writes what is held; raises as `write` does."""
        held, self._held = self._held, []
        self._due = time.monotonic() + EVERY
        self._faces.add(self._session, held)
