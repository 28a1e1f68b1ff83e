"""Inputs as they are come across on this machine, before they are numbered."""

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mien.batch.errors import BatchError
from mien.batch.items import Kind
from mien.inference.media.pictures import SUFFIXES
from mien.inference.media.suffixes import FILMS


@dataclass(frozen=True, slots=True)
class Entry:
    """An `Item` without its number.

    Attributes:
        path: as for an item, and so are `kind`, `size`, `stamp` and `problem`.
        values: of the user's own columns, by their names.
    """

    path: str
    kind: Kind
    size: int = 0
    stamp: str = ""
    problem: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


def kind_of(path: str) -> Kind | None:
    """Tells a photo from a film by the path's suffix; None for anything else, a playlist too."""
    suffix = Path(path).suffix.lower()
    if suffix in SUFFIXES:
        return "photo"
    return "film" if suffix in FILMS else None


def named(path: str) -> Entry:
    """Looks at a local file that was named, whatever its suffix."""
    kind = kind_of(path)
    if kind is None:
        from mien.inference.media.stream import is_moving  # noqa: PLC0415 - PyAV, rarely needed

        kind = "film" if is_moving(path) else "photo"
    return _look(path, kind)


def below(folder: str) -> Iterator[Entry | None]:
    """Walks through a local folder, in the order of names.

    Links are followed as long as they stay inside.

    Yields:
        An entry for each photo, each film and each link that leads outside; None for any other
        file.

    Raises:
        BatchError: a folder cannot be read.
    """
    root = os.path.realpath(folder)
    for where, folders, names in os.walk(folder, onerror=_refuse):
        folders.sort()
        linked = [name for name in folders if Path(where, name).is_symlink()]
        for name in sorted(names):
            yield _inside(root, str(Path(where, name)))
        for name in linked:
            if _leaves(root, str(Path(where, name))):
                yield Entry(str(Path(where, name)), "photo", problem=_OUTSIDE)


_OUTSIDE = "a link to outside the folder that was given; name its target as an input, too."


def _inside(root: str, path: str) -> Entry | None:
    kind = kind_of(path)
    if kind is None:
        return None
    if _leaves(root, path):
        return Entry(path, kind, problem=_OUTSIDE)
    return _look(path, kind)


def _leaves(root: str, path: str) -> bool:
    """Tells whether a path is a link that leads out of `root`."""
    return Path(path).is_symlink() and not Path(os.path.realpath(path)).is_relative_to(root)


def _look(path: str, kind: Kind) -> Entry:
    """Reads how large a file is, and when it changed. What is missing is told when it is read."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return Entry(path, kind)
    if stat.S_ISDIR(status.st_mode):
        return Entry(path, kind, problem="is a folder; name it as an input of its own.")
    if not stat.S_ISREG(status.st_mode):  # a pipe that nobody writes to would block for ever
        return Entry(path, kind, problem="not a file; give a photo or a film.")
    return Entry(path, kind, status.st_size, str(status.st_mtime_ns))


def _refuse(error: OSError) -> None:
    raise BatchError(
        f"{error.filename}: this folder cannot be read ({error.strerror}); "
        "check its permissions, or leave it out."
    )
