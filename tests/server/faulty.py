"""Decoders that fail in every way that real ones have; they run in worker processes."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mien.server.video_frames import VideoLimits, read_frames


def hang(*_: object) -> Any:
    """Never ends."""
    while True:
        pass


def die(*_: object) -> Any:
    """Crashes, as decoders in C do on damaged data."""
    os.abort()


def swell(*_: object) -> Any:
    """Takes all memory that it gets."""
    kept = []
    while True:
        kept.append(np.empty(64 * 2**20, np.uint8))  # to write to it would take time


def hang_midway(path: Path, name: str, limits: VideoLimits) -> Iterator[Any]:
    """Decodes five frames and hangs."""
    yield from first_frames(path, name, limits)
    hang()


def die_midway(path: Path, name: str, limits: VideoLimits) -> Iterator[Any]:
    """Decodes five frames and crashes."""
    yield from first_frames(path, name, limits)
    die()


def swell_midway(path: Path, name: str, limits: VideoLimits) -> Iterator[Any]:
    """Decodes five frames and takes all memory that it gets."""
    yield from first_frames(path, name, limits)
    swell()


def first_frames(path: Path, name: str, limits: VideoLimits) -> Iterator[Any]:
    """Decodes five frames."""
    for _, frame in zip(range(5), read_frames(path, name, limits), strict=False):
        yield frame
