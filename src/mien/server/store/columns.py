"""The faces of a session as numpy columns."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.inference.records import Layout, Records
from mien.inference.records.table import join
from mien.server.store.database import FILE_NAME, Database
from mien.server.store.faces import to_attributes
from mien.server.store.people import People
from mien.server.store.sessions import Session
from mien.storage.rows import HIGHEST, reading

_BATCH = 20_000  # rows, about; other threads may use the database between two batches
_NAMES = (
    "frame, time, source, person, x, y, width, height, score, unsure, probabilities, smoothed, "
    "attributes, held"
)

Columns = Mapping[str, Sequence[Any]]
Floats = NDArray[np.float64]


def read_session(database: Database, people: People, session: Session) -> Records:
    """Returns the records of a session in the order of frames; merged people have one id.

    Raises:
        DamagedError: a row does not contain what a face does.
    """
    roots = dict[int | None, int](((None, -1), *people.roots(session.id).items()))
    batches = read_columns(database, session.id, _NAMES)
    parts = []
    for columns in batches:
        with reading(FILE_NAME, f"a face of session {session.id}"):
            parts.append(_records(columns, roots, session))
    return join(parts, Layout(session.labels, session.attributes))


def read_columns(
    database: Database, session: int, names: str, after: int = -1
) -> Iterator[Columns]:
    """Yields columns of the table `faces` by name, some thousand rows at a time, frames ascending.

    Args:
        database: that has them.
        session: its number.
        names: of the columns as SQL lists them; `frame` is one.
        after: the number of the last frame to skip.
    """
    query = (
        f"SELECT {names} FROM faces WHERE session = ?1 AND frame > ?2 AND frame <= "  # noqa: S608
        "(SELECT max(frame) FROM (SELECT frame FROM faces WHERE session = ?1 AND frame > ?2 "
        "ORDER BY frame LIMIT ?3)) ORDER BY frame, id"
    )
    while rows := database.rows(query, (session, after, _BATCH)):
        yield _transpose(rows)
        after = rows[-1]["frame"]


def _transpose(rows: Sequence[sqlite3.Row]) -> Columns:
    return dict(zip(rows[0].keys(), zip(*rows, strict=True), strict=True))


_TYPES: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("id", "frame"), (int,)),
    "time": (int, float),
    **dict.fromkeys(("person", "unsure"), (int, NoneType)),
    **dict.fromkeys(("x", "y", "width", "height", "score"), (int, float, NoneType)),
    **dict.fromkeys(("source", "attributes", "held"), (str, NoneType)),
    **dict.fromkeys(("probabilities", "smoothed"), (bytes, NoneType)),
}


def check_columns(columns: Columns) -> None:
    """Checks columns of the table `faces`, whose types a damaged file does not hold to.

    Raises:
        TypeError: a value is of another type; ValueError: a number is none that is finite.
    """
    for name, values in columns.items():
        found = set(map(type, values))
        if not found <= set(_TYPES[name]):
            raise TypeError(f"its {name} is of another type")
        numbers = [it for it in values if it is not None] if found & {int, float} else []
        if numbers and not -HIGHEST <= min(numbers) <= max(numbers) <= HIGHEST:
            raise ValueError(f"its {name} is no number of a face")


@dataclass(frozen=True, slots=True, eq=False)
class Displayed:
    """What N faces displayed; NaN for a frame without a face.

    Attributes:
        label: int8 (N,), as in `Records`; -1 for a frame without a face.
        confidence: float64 (N,), of the label.
        raw: float64 (N, L), in the order of the session's labels.
        smoothed: the same; NaN where a face has none.
        shown: the same: smoothed, or raw where a face has none.
    """

    label: NDArray[np.int8]
    confidence: Floats
    raw: Floats
    smoothed: Floats
    shown: Floats

    @classmethod
    def of(cls, columns: Columns, labels: Sequence[str]) -> "Displayed":
        """Reads the columns `probabilities`, `smoothed`, `held` and `unsure`.

        Raises:
            ValueError: a value is none that a face has; so does TypeError tell.
        """
        raw = _to_matrix(columns["probabilities"], len(labels))
        smoothed = _to_matrix(columns["smoothed"], len(labels))
        shown = np.where(np.isnan(smoothed), raw, smoothed)
        detected = ~np.isnan(raw[:, 0])
        label = np.where(detected, np.where(detected[:, None], shown, 0).argmax(axis=1), -1)
        for row, held in enumerate(columns["held"]):
            if held is not None:
                label[row] = labels.index(held)
        confidence = shown[np.arange(len(shown)), label]
        label[np.array(columns["unsure"], float) == 1] = len(labels)
        return cls(label.astype(np.int8), confidence, raw, smoothed, shown)


def _records(columns: Columns, roots: Mapping[int | None, int], session: Session) -> Records:
    check_columns(columns)
    displayed = Displayed.of(columns, session.labels)
    return Records(
        source=np.array([source or session.name for source in columns["source"]], np.object_),
        frame=np.array(columns["frame"], np.int64),
        time=np.array(columns["time"], np.float64),
        person=np.array([roots[person] for person in columns["person"]], np.int64),
        boxes=np.array([columns[side] for side in ("x", "y", "width", "height")], np.float32).T,
        score=np.array(columns["score"], np.float32),
        label=displayed.label,
        confidence=displayed.confidence.astype(np.float32),
        raw=displayed.raw.astype(np.float32),
        smoothed=displayed.smoothed.astype(np.float32),
        labels=session.labels,
        attributes=_attribute_columns(columns["attributes"], session.attributes),
    )


def _to_matrix(blobs: Sequence[bytes | None], count: int) -> Floats:
    empty = np.full(count, np.nan).tobytes()
    if any(blob is not None and len(blob) != len(empty) for blob in blobs):
        raise ValueError(f"its probabilities are none of {count} labels")
    values = np.frombuffer(b"".join(blob or empty for blob in blobs), "<f8").reshape(-1, count)
    if not np.isin(np.isnan(values).sum(axis=1), (0, count)).all() or (
        values.size
        and not (np.nanmin(values, initial=0) >= 0 and np.nanmax(values, initial=0) <= 1)
    ):
        raise ValueError("its probabilities do not lie between 0 and 1")
    return values


def _attribute_columns(
    texts: Sequence[str | None], names: Sequence[str]
) -> dict[str, NDArray[np.float32]]:
    rows = [to_attributes(text) for text in texts]
    return {name: np.array([row.get(name, np.nan) for row in rows], np.float32) for name in names}
