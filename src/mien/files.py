"""Writing a file or a folder so that a reader, or a kill, never meets half of it."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives a path beside `path` to write to, and renames it to `path` once all is well.

    On any error the new file is removed and what stood at `path` before is untouched. The new file
    has the same hidden name each time: what a killed process left is written over.

    Args:
        path: the file to write or to replace; its folder must exist.

    Raises:
        OSError: the file cannot be written.
    """
    with _scratch(path, is_folder=False) as (beside, descriptor):
        os.ftruncate(descriptor, 0)
        yield beside
        flush(beside)
        beside.chmod(0o666 & ~_umask())


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Gives an empty folder beside `path` to fill, and renames it to `path` once all is well.

    On any error it is removed. What a killed process left is removed before.

    Args:
        path: the folder to make, absent or empty; its parent must exist.

    Raises:
        OSError: the folder cannot be written, or `path` has files in it.
    """
    with _scratch(path, is_folder=True) as (beside, _):
        for entry in beside.iterdir():
            _remove(entry)
        yield beside
        beside.chmod(0o777 & ~_umask())


def flush(path: Path) -> None:
    """Forces a file, or a folder's list of names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _scratch(path: Path, is_folder: bool) -> Iterator[tuple[Path, int]]:
    """Gives scratch beside `path` and its descriptor; renames it to `path` at the end."""
    beside = path.with_name(f".{path.name}.new{'' if is_folder else path.suffix}")
    descriptor = _claim(beside, is_folder)
    if descriptor is None:
        descriptor, beside = _make_another(path, is_folder)
    try:
        yield beside, descriptor
        beside.replace(path)
        flush(path.parent)
    except BaseException:
        _remove(beside)
        raise
    finally:
        os.close(descriptor)


def _claim(beside: Path, is_folder: bool) -> int | None:
    """Opens scratch and locks it; None if it is another process's, or cannot be locked.

    The lock ends with the process, so what a killed one left can be locked.
    """
    if sys.platform == "win32":
        return None
    try:
        if is_folder:
            beside.mkdir(mode=0o700, exist_ok=True)
        kind = os.O_DIRECTORY if is_folder else os.O_RDWR | os.O_CREAT
        descriptor = os.open(beside, kind | os.O_NOFOLLOW, 0o600)
    except OSError:
        return None
    if _lock(descriptor, beside):
        return descriptor
    os.close(descriptor)
    return None


def _lock(descriptor: int, beside: Path) -> bool:
    """Locks scratch that was opened; returns whether it is this process's alone now."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        _remove(beside)
        return False
    try:
        # Whoever held the lock until now may have renamed it.
        return os.path.samestat(beside.lstat(), own := os.fstat(descriptor)) and _is_mine(own)
    except FileNotFoundError:
        return False


def _is_mine(status: os.stat_result) -> bool:
    """Whether this user owns it: in a shared folder, another could have put it there."""
    return sys.platform == "win32" or status.st_uid == os.geteuid()


def _make_another(path: Path, is_folder: bool) -> tuple[int, Path]:
    """Makes scratch with a name of its own, where two processes write the same path at once."""
    prefix = f".{path.name}."
    if is_folder:
        beside = Path(tempfile.mkdtemp(prefix=prefix, dir=path.parent))
        return os.open(beside, os.O_RDONLY), beside
    descriptor, name = tempfile.mkstemp(prefix=prefix, suffix=path.suffix, dir=path.parent)
    return descriptor, Path(name)


def _remove(path: Path) -> None:
    """Removes a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _umask() -> int:
    """Returns the process's mask of permissions, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
