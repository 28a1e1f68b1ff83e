"""A face as the columns of a row, and back."""

import sqlite3
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS
from mien.results import Box, Face
from mien.server.store.database import Value

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
