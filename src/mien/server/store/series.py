"""The faces of a session in the few columns that charts, figures and lists need.

Reading an hour of five people from the table of faces takes seconds. Its series is kept in memory,
grows with a recording, and is stored when the session ends.
"""

import io
import json
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from mien.emotions import UNSURE
from mien.server.store.columns import Columns, Displayed, check_columns, read_columns
from mien.server.store.database import FILE_NAME, Database
from mien.server.store.sessions import Session, to_session
from mien.storage.errors import DamagedError, StoreError
from mien.storage.rows import reading, take

SLICES = 60
"""The length of a strip, at most."""

_KEPT = 3  # series in memory, and
_MOST_ROWS = 4_000_000  # of all of these but one: 200 MB
_LARGEST = 10_000_000  # rows of a series that is stored: half of what SQLite can
_NAMES = "id, frame, time, person, probabilities, smoothed, held, unsure"


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Series:
    """Columns of N faces, and of the frames without one, frames ascending.

    Attributes:
        row: int64 (N,): the number of the face.
        frame: int64 (N,).
        time: float64 (N,), in seconds.
        person: int64 (N,), before merges; -1 without a person.
        label: int8 (N,), an index into the L labels; L for unsure, -1 for a frame without a face.
        displayed: float32 (N, L); NaN for a frame without a face.
    """

    row: NDArray[np.int64]
    frame: NDArray[np.int64]
    time: NDArray[np.float64]
    person: NDArray[np.int64]
    label: NDArray[np.int8]
    displayed: NDArray[np.float32]

    @property
    def last_frame(self) -> int:
        """The number of the last frame; -1 if there is none."""
        return int(self.frame[-1]) if len(self.frame) else -1

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "Series":
        """Returns the chosen rows."""
        return Series(*(getattr(self, field.name)[rows] for field in fields(Series)))

    @classmethod
    def empty(cls, labels: int) -> "Series":
        """Returns one without a face, of so many labels."""
        whole, none = np.empty(0, np.int64), np.empty(0)
        return cls(
            whole, whole, none, whole, none.astype(np.int8), np.empty((0, labels), np.float32)
        )

    def to_bytes(self) -> bytes:
        """Returns it as the bytes of an `.npz` file."""
        buffer = io.BytesIO()
        np.savez(buffer, **{field.name: getattr(self, field.name) for field in fields(Series)})
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Series":
        """Reads what `to_bytes` returned.

        Raises:
            ValueError: the columns are others; `reading` has what else damaged bytes raise.
        """
        with np.load(io.BytesIO(data)) as columns:
            series = cls(**{field.name: columns[field.name] for field in fields(Series)})
        series._check()
        return series

    def _check(self) -> None:
        known, labels = Series.empty(0), self.displayed.shape[-1:]
        for part in fields(Series):
            column, like = getattr(self, part.name), getattr(known, part.name)
            shape = (len(self.row), *labels) if part.name == "displayed" else (len(self.row),)
            if column.shape != shape or column.dtype != like.dtype:
                raise ValueError(f"its column {part.name} is {column.dtype} {column.shape}")


@dataclass(frozen=True, slots=True)
class Summary:
    """What a list shows of a session.

    Attributes:
        strip: the most frequent label of each of equal slices, `SLICES` at most; None where nobody
            is in view.
        faces: how many faces each person id has, before merges.
    """

    strip: tuple[str | None, ...] = ()
    faces: Mapping[int, int] = field(default_factory=dict)


class SeriesTable:
    """The series of all sessions. Safe to use from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._recent: OrderedDict[int, Series] = OrderedDict()
        self._lock = threading.RLock()

    def read(self, session: Session) -> Series:
        """Returns the series of a session, with every frame that is stored by now."""
        with self._lock:
            known = self._recent.pop(session.id, None)
            series = self._extended(self._stored(session) if known is None else known, session)
            self._recent[session.id] = series
            self._trim()
        return series

    def store(self, session: Session) -> bool:
        """Stores the series of a session that has ended, unless it is huge or the disk is full.

        Nothing is lost without it: it is read from the faces then, which takes longer.

        Returns:
            Whether it is stored.
        """
        if session.frames + session.faces > _LARGEST:
            return False
        with self._lock, suppress(StoreError):
            series = self.read(session)
            with self._database.transaction() as write:
                self.write(write, session, series)
            return True
        return False

    def write(self, write: sqlite3.Connection, session: Session, series: Series) -> None:
        """Stores a series within a transaction."""
        summary = summarize(series, session.labels)
        write.execute(
            "INSERT OR REPLACE INTO series (session, last_frame, strip, faces, columns) "
            "SELECT id, ?, ?, ?, ? FROM sessions WHERE id = ?",
            (
                *(series.last_frame, json.dumps(summary.strip)),
                *(json.dumps(summary.faces), series.to_bytes(), session.id),
            ),
        )

    def store_missing(self) -> bool:
        """Stores the series of one ended session that has none; returns whether it did."""
        rows = self._database.rows(
            "SELECT sessions.* FROM sessions LEFT JOIN series ON series.session = sessions.id "
            "WHERE status != 'recording' AND frames > 0 AND frames + sessions.faces <= ? "
            "AND series.last_frame IS NOT sessions.last_frame ORDER BY id DESC LIMIT 1",
            (_LARGEST,),
        )
        return bool(rows) and self.store(to_session(rows[0]))

    def summaries(self, sessions: Collection[Session]) -> Mapping[int, Summary]:
        """Returns the summary of each session; none where none is stored yet, or it is damaged."""
        rows = self._database.rows(
            "SELECT session, last_frame, strip, faces FROM series "
            "WHERE session IN (SELECT value FROM json_each(?))",
            (json.dumps([session.id for session in sessions]),),
        )
        stored = {(row["session"], row["last_frame"]): row for row in rows}
        found = dict[int, Summary]()
        for session in sessions:
            row = stored.get((session.id, session.last_frame))
            try:
                if row is not None:
                    found[session.id] = _to_summary(row)
                elif session.status == "recording" and session.frames:
                    found[session.id] = summarize(self.read(session), session.labels)
            except DamagedError:  # as if none were stored yet: the session tells what is damaged
                continue
        return found

    def forget(self, session: int) -> None:
        """Forgets a session that is deleted."""
        with self._lock:
            self._recent.pop(session, None)

    @contextmanager
    def changing(self, session: Session) -> Iterator[Series]:
        """Yields a series that the block changes in the database; readers wait meanwhile."""
        with self._lock:
            yield self.read(session)
            self._recent.pop(session.id, None)

    def _trim(self) -> None:
        while len(self._recent) > 1 and (
            len(self._recent) > _KEPT
            or sum(len(series.row) for series in self._recent.values()) > _MOST_ROWS
        ):
            self._recent.popitem(last=False)

    def _stored(self, session: Session) -> Series:
        """Returns what is stored; where that is damaged, all is read from the faces again."""
        rows = self._database.rows("SELECT columns FROM series WHERE session = ?", (session.id,))
        none = Series.empty(len(session.labels))
        with suppress(DamagedError), reading(FILE_NAME, f"the series of session {session.id}"):
            stored = Series.from_bytes(take(rows[0][0], bytes)) if rows else none
            return stored if stored.displayed.shape[1:] == none.displayed.shape[1:] else none
        return none

    def _extended(self, series: Series, session: Session) -> Series:
        batches = read_columns(self._database, session.id, _NAMES, series.last_frame)
        with reading(FILE_NAME, f"a face of session {session.id}"):
            later = [_to_series(columns, session.labels) for columns in batches]
        return _join([series, *later]) if later else series


def summarize(series: Series, labels: tuple[str, ...]) -> Summary:
    """Makes the summary of a series."""
    people, counts = np.unique(series.person[series.person >= 0], return_counts=True)
    faces = dict(zip(people.tolist(), counts.tolist(), strict=True))
    return Summary(_find_strip(series, (*labels, UNSURE)), faces)


def _find_strip(series: Series, codes: tuple[str, ...]) -> tuple[str | None, ...]:
    """Slices are of time; of frames where all have one time, as photos have."""
    frames, places = np.unique(series.frame, return_inverse=True)
    slices = min(SLICES, len(frames))
    if not slices:
        return ()
    length = float(series.time[-1] - series.time[0])
    shares = (series.time - series.time[0]) / length if length > 0 else places / len(frames)
    at = np.clip((shares * slices).astype(np.int64), 0, slices - 1)
    with_face = series.label >= 0
    cells = at[with_face] * len(codes) + series.label[with_face]
    counts = np.bincount(cells, minlength=slices * len(codes)).reshape(slices, len(codes))
    return tuple(codes[it.argmax()] if it.any() else None for it in counts)


def _to_series(columns: Columns, labels: tuple[str, ...]) -> Series:
    check_columns(columns)
    displayed = Displayed.of(columns, labels)
    people = [-1 if person is None else person for person in columns["person"]]
    return Series(
        row=np.array(columns["id"], np.int64),
        frame=np.array(columns["frame"], np.int64),
        time=np.array(columns["time"], np.float64),
        person=np.array(people, np.int64),
        label=displayed.label,
        displayed=displayed.shown.astype(np.float32),
    )


def _join(parts: Sequence[Series]) -> Series:
    names = [field.name for field in fields(Series)]
    return Series(*(np.concatenate([getattr(it, name) for it in parts]) for name in names))


def _to_summary(row: sqlite3.Row) -> Summary:
    with reading(FILE_NAME, f"the summary of session {row['session']}"):
        faces = {int(it): take(count, int) for it, count in json.loads(row["faces"]).items()}
        return Summary(take(tuple(json.loads(row["strip"])), tuple[str | None, ...]), faces)
