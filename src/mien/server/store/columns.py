"""A session's faces as numpy columns, for reports and timelines."""

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS
from mien.inference.records import LABELS, Records
from mien.inference.records.columns import join
from mien.server.store.database import Database
from mien.server.store.people import People
from mien.server.store.sessions import Session

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
