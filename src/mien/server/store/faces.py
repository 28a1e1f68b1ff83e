"""The frames of a session and their faces, as they were predicted."""

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS
from mien.results import Box, Face, FrameResult, Probabilities
from mien.server.store.database import FILE_NAME, Database, Value
from mien.server.store.people import People
from mien.server.store.sessions import Session, resume, to_session
from mien.storage.rows import reading, take

EMPTY: tuple[Value, ...] = (None,) * 11
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
        json.dumps(dict(face.attributes)) if face.attributes else None,
        face.held,
    )


def from_columns(row: sqlite3.Row, labels: tuple[str, ...], roots: Mapping[int, int]) -> Face:
    """Returns the face of a row; it has no landmarks, because these are not stored.

    Args:
        row: of the table `faces`; not one of a frame without a face.
        labels: of the session's model.
        roots: the person id that each person id was merged into, in the end.

    Raises:
        DamagedError: the row does not contain what a face does.
    """
    with reading(FILE_NAME, f"face {row['id']} of session {row['session']}"):
        smoothed, person = row["smoothed"], row["person"]
        return Face(
            box=Box(*(take(row[side], float) for side in ("x", "y", "width", "height"))),
            labels=labels,
            probabilities=to_probabilities(row["probabilities"], labels),
            score=take(row["score"], float | None),
            # There are no roots, if the session was deleted after its rows were read.
            person=roots[person] if roots and person is not None else person,
            smoothed=None if smoothed is None else to_probabilities(smoothed, labels),
            unsure_below=2.0 if take(row["unsure"], int) else 0.0,
            attributes=to_attributes(row["attributes"]),
            held=row["held"],
        )


def to_probabilities(blob: bytes, labels: tuple[str, ...]) -> Probabilities:
    """Returns the probabilities that `pack` wrote, of so many labels.

    Raises:
        ValueError: they are others; TypeError: it is no blob.
    """
    values = unpack(blob)
    if len(values) != len(labels) or not all(0 <= value <= 1 for value in values):
        raise ValueError(f"its {len(values)} probabilities are none of {len(labels)} labels")
    return Probabilities(values, labels)


def to_attributes(text: str | None) -> dict[str, float]:
    """Reads the column `attributes` of a face.

    Raises:
        ValueError: it is no JSON; TypeError: it is no JSON object of numbers.
    """
    if text is None:
        return {}
    values: dict[str, float] = take(json.loads(text), dict)
    for value in values.values():
        take(value, float)
    return values


def pack(probabilities: Sequence[float] | NDArray[np.float32]) -> bytes:
    """Returns probabilities as doubles, without any loss."""
    return np.array(probabilities, "<f8").tobytes()


def unpack(blob: bytes) -> tuple[float, ...]:
    """Returns the probabilities that `pack` wrote."""
    values: tuple[float, ...] = tuple(np.frombuffer(blob, "<f8").tolist())
    return values


Embedding = NDArray[np.float32]

_INSERT = (
    "INSERT INTO faces (session, frame, time, source, person, x, y, width, height, score, unsure, "
    "probabilities, smoothed, attributes, held) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id"
)
_PAGE = 1000


@dataclass(frozen=True, slots=True, eq=False)
class NewFrame:
    """One frame to store.

    Attributes:
        result: the prediction.
        embeddings: of its faces, in their order, float32 (D,); None where one is not known.
        base: the probabilities that the model itself predicted for each of its faces, where a
            profile may have changed them; None where none did.
        source: the name of the frame's image, if each frame has its own, as photos have.
    """

    result: FrameResult
    embeddings: Sequence[Embedding | None] | NDArray[np.float32]
    base: Sequence[Sequence[float] | None] | NDArray[np.float32] | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class StoredFrame:
    """One stored frame.

    Attributes:
        frame: its number.
        time: in seconds.
        source: as in `NewFrame`.
        faces: each with the number of its row. Person ids are those after merging.
    """

    frame: int
    time: float
    source: str | None
    faces: tuple[tuple[int, Face], ...]


class Faces:
    """The table of faces."""

    def __init__(self, database: Database, people: People) -> None:
        self._database, self._people = database, people

    def add(self, session: int, frames: Sequence[NewFrame]) -> int:
        """Stores frames, all or none of them; those that are stored already are skipped.

        A recording that was interrupted, because its page was asleep or the server restarted,
        records again.

        Args:
            session: the number of one that is recording, or was interrupted.
            frames: with ascending numbers.

        Returns:
            How many were new.

        Raises:
            UnknownItemError: there is no such session.
            ItemConflictError: the session has ended.
            DiskFullError: the disk is full.
        """
        with self._database.transaction() as write:
            recording = resume(write, session)
            new = [frame for frame in frames if frame.result.frame > recording.last_frame]
            for frame in new:
                _add(write, session, frame)
            if new:
                _count(write, recording, new)
        return len(new)

    def frames(self, session: int, after: int = -1, limit: int = _PAGE) -> list[StoredFrame]:
        """Returns a page of frames.

        Args:
            session: its number.
            after: the number of the last frame of the page before; -1 for the first page.
            limit: how many frames at most.
        """
        labels = self._labels(session)
        rows = self._database.rows(
            "SELECT * FROM faces WHERE session = ?1 AND frame > ?2 AND frame <= (SELECT max(frame) "
            "FROM (SELECT DISTINCT frame FROM faces WHERE session = ?1 AND frame > ?2 "
            "ORDER BY frame LIMIT ?3)) ORDER BY frame, id",
            (session, after, limit),
        )
        # After the rows: a recording may gain people meanwhile.
        roots = self._people.roots(session)
        frames = groupby(rows, lambda row: row["frame"])
        return [_frame(list(group), labels, roots) for _, group in frames]

    def all(self, session: int) -> Iterator[StoredFrame]:
        """Yields every frame of a session, a page at a time."""
        page = self.frames(session)
        while page:
            yield from page
            page = self.frames(session, page[-1].frame)

    def some(self, session: int, rows: Sequence[int]) -> list[StoredFrame]:
        """Returns some faces by their numbers, each in a frame of its own, in order of time.

        Numbers that the session does not have are left out.
        """
        labels = self._labels(session)
        found = self._database.rows(
            "SELECT * FROM faces WHERE id IN (SELECT value FROM json_each(?)) "
            "AND session = ? AND x IS NOT NULL ORDER BY frame, id",
            (json.dumps(list(rows)), session),
        )
        roots = self._people.roots(session)  # after the rows, as in `frames`
        return [_frame([row], labels, roots) for row in found]

    def _labels(self, session: int) -> tuple[str, ...]:
        rows = self._database.rows("SELECT * FROM sessions WHERE id = ?", (session,))
        return to_session(rows[0]).labels if rows else EMOTIONS


def _add(write: sqlite3.Connection, session: int, frame: NewFrame) -> None:
    start = (session, frame.result.frame, frame.result.time, frame.source)
    if not frame.result.faces:
        write.execute(_INSERT, (*start, *EMPTY)).fetchone()
    base = [None] * len(frame.result.faces) if frame.base is None else frame.base
    for face, embedding, own in zip(frame.result.faces, frame.embeddings, base, strict=True):
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


def _count(write: sqlite3.Connection, session: Session, new: Sequence[NewFrame]) -> None:
    last, first = new[-1].result, new[0].result
    write.execute(
        "UPDATE sessions SET frames = frames + ?, faces = faces + ?, last_frame = ?, seconds = ?, "
        "width = coalesce(width, ?), height = coalesce(height, ?), attributes = ? WHERE id = ?",
        (
            *(len(new), sum(len(frame.result.faces) for frame in new)),
            *(last.frame, last.time, first.width, first.height),
            *(json.dumps(attribute_names(session.attributes, new)), session.id),
        ),
    )


def attribute_names(known: Iterable[str], new: Sequence[NewFrame]) -> list[str]:
    """Returns the attributes that a session has once new frames are in it.

    Args:
        known: that it has now.
        new: the frames.
    """
    results = [frame.result for frame in new]
    measured = [face.attributes for result in results for face in result.faces]
    names: Iterable[Iterable[str]] = (*(result.attributes for result in results), *measured)
    return list(dict.fromkeys((*known, *(name for some in names for name in some))))


def _frame(
    rows: Sequence[sqlite3.Row], labels: tuple[str, ...], roots: Mapping[int, int]
) -> StoredFrame:
    start = rows[0]
    faces = tuple(
        (row["id"], from_columns(row, labels, roots)) for row in rows if row["x"] is not None
    )
    with reading(FILE_NAME, f"a frame of session {start['session']}"):
        return StoredFrame(
            take(start["frame"], int),
            take(start["time"], float),
            take(start["source"], str | None),
            faces,
        )


EVERY = 1.0
"""Seconds between two writes; a kill loses at most these frames."""


class Recorder:
    """Buffers frames of one session and writes them once a second.

    Args:
        faces: the table.
        session: the number of one that is recording.
    """

    def __init__(self, faces: Faces, session: int) -> None:
        self._faces, self._session = faces, session
        self._buffer: list[NewFrame] = []
        self._due = time.monotonic() + EVERY

    def write(self, frame: NewFrame) -> bool:
        """Takes a frame, and returns whether all frames taken are stored now.

        Raises:
            StoreError: the buffered frames cannot be written; they are lost.
        """
        self._buffer.append(frame)
        if time.monotonic() < self._due:
            return False
        self.flush()
        return True

    def flush(self) -> None:
        """Writes the buffered frames; raises as `write` does."""
        frames, self._buffer = self._buffer, []
        self._due = time.monotonic() + EVERY
        self._faces.add(self._session, frames)
