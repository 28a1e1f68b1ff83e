"""What a record holds, and the words for a file that cannot be written."""

import errno
import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from mien.emotions import EMOTIONS, UNSURE
from mien.errors import MediaError
from mien.results import Face, FrameResult

LABELS: tuple[str, ...] = (*EMOTIONS, UNSURE)
"""What the column `emotion` may hold."""

RAW: tuple[str, ...] = tuple(f"raw_{name}" for name in EMOTIONS)
SMOOTHED: tuple[str, ...] = tuple(f"smoothed_{name}" for name in EMOTIONS)
BOX: tuple[str, ...] = ("x", "y", "width", "height")

COLUMNS: tuple[str, ...] = (
    *("source", "frame", "time", "person"),
    *BOX,
    *("score", "emotion", "confidence"),
    *RAW,
    *SMOOTHED,
)
"""The columns' names, in the order in which they are written."""

TEXTS: tuple[str, ...] = ("source", "emotion")
WHOLE: tuple[str, ...] = ("frame", "person")

Value = str | int | float | None
Row = tuple[Value, ...]

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class RecordWriter(Protocol):
    """Takes the results of one source, or of several, frame by frame."""

    def write(self, result: FrameResult) -> None:
        """Writes one row a face; one row, empty from `person` on, where there is no face.

        Raises:
            MediaError: the file cannot be written any more.
        """


def to_rows(result: FrameResult) -> list[Row]:
    """Returns the rows of one frame, in the order of `COLUMNS`."""
    start = (escape(result.source), result.frame, round(result.time, 6))
    nothing = (None,) * (len(COLUMNS) - len(start))
    if not result.faces:
        return [(*start, *nothing)]
    return [(*start, *_face(face)) for face in result.faces]


def _face(face: Face) -> Row:
    box = (face.box.x, face.box.y, face.box.width, face.box.height)
    smoothed = (None,) * len(SMOOTHED) if face.smoothed is None else _rounded(face.smoothed)
    return (
        face.person,
        *(round(value, 1) for value in box),
        None if face.score is None else round(face.score, 4),
        face.emotion,
        round(face.confidence, 6),
        *_rounded(face.probabilities),
        *smoothed,
    )


def _rounded(probabilities: tuple[float, ...]) -> Row:
    return tuple(round(value, 6) for value in probabilities)


def escape(source: str) -> str:
    r"""Writes control characters and broken Unicode as `\n` or `\udc80`: a row is one line."""
    return "".join(
        letter.encode("unicode_escape").decode()
        if unicodedata.category(letter) in ("Cc", "Cs")
        else letter
        for letter in source
    )


@contextmanager
def told(path: Path, when_full: str) -> Iterator[None]:
    """Turns an OSError of writing `path` into a MediaError with a remedy.

    Args:
        path: the file that is written.
        when_full: what a full disk leaves, and what to do.
    """
    try:
        yield
    except FileExistsError:
        raise MediaError(f"{path}: exists already; name another file, or remove it.") from None
    except FileNotFoundError:
        raise MediaError(f"{path}: its folder does not exist; create it first.") from None
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        if error.errno in _FULL:
            raise MediaError(f"{path}: the disk is full ({reason}); {when_full}") from None
        raise MediaError(
            f"{path}: cannot be written ({reason}); choose another place for it."
        ) from None
