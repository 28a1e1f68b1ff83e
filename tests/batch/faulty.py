"""A worker whose decoder fails by the names of photos, in every way that real ones have."""

import ctypes
import os
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from mien.batch import analysis, heartbeat, pool
from mien.batch.plan import Options
from mien.inference.media.images import Frame, read_frame

PATIENCE = 6.0  # seconds


def serve(connection: "Connection[Any, Any]", options: Options) -> None:
    """Serves as `mien.batch.pool.serve` does, with little patience and the faulty decoder."""
    heartbeat.IMAGE_SECONDS = PATIENCE
    analysis.read_frame = read  # type: ignore[assignment]
    pool.serve(connection, options)


def read(path: str, enough: int | None = None) -> Frame:
    """Hangs, swells, dies or raises where the photo's name says so."""
    name = Path(path).stem
    if name == "hangs":
        ctypes.PyDLL(None).sleep(1000)  # it keeps Python's lock, as decoders in C may
    if name == "dies":
        os.abort()
    if name == "swells":
        read_frame_that_swells()
    return read_frame(path, enough)


def read_frame_that_swells() -> None:
    """Allocates memory until there is none."""
    kept = []
    while True:
        kept.append(bytearray(64 * 2**20))
