"""What Mien stores is for its owner alone: permissions and locks of the data folder.

Independent of the process's umask. What is too open, as after a copy, is tightened and told once.
"""

import errno
import logging
import os
import stat
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from mien.storage.errors import StoreError

_OWNED = ("studio.", "profiles.", "films", "scratch", "https", ".repair-")
"""What the names of all that Mien stores begin with."""

_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
_log = logging.getLogger(__name__)


def protect_folder(folder: Path) -> None:
    """Tightens a data folder and the databases in it, and checks that its files can be locked.

    A folder that holds other files, too, such as a home folder, keeps its permissions.

    Raises:
        StoreError: its file system has no locks, so that two programs could write one database.
    """
    demand_locks(folder)
    with suppress(OSError):  # a folder that cannot be listed is told where it is written to
        paths = list(folder.iterdir())
        protect([path for path in paths if path.name.startswith(_OWNED)])
        if all(path.name.startswith(_OWNED) for path in paths):
            protect([folder])


def protect(paths: Iterable[Path]) -> None:
    """Takes the permissions of others from files and folders that are the user's own."""
    if sys.platform == "win32":  # whose folders of a user are closed to others
        return
    for path in paths:
        with suppress(OSError):  # removed meanwhile
            _protect(path)


def create_private(path: Path) -> None:
    """Creates an empty file that its owner alone can read, unless it is there."""
    # A file that is there is not opened: closing it would drop the locks of this process's
    # connections to it. Where none can be created, SQLite tells why.
    with suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def demand_locks(folder: Path) -> None:
    """Refuses a folder on a file system without locks.

    Raises:
        StoreError: it is one.
    """
    if sys.platform == "win32":
        return
    import fcntl  # noqa: PLC0415 - Unix alone has it

    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            raise StoreError(
                "its file system cannot lock files, so two programs could write at once",
                subject=folder,
                remedy="choose a folder on a local disk",
            ) from None


def _protect(path: Path) -> None:
    found = path.lstat()
    mode = stat.S_IMODE(found.st_mode)
    if not mode & 0o077 or found.st_uid != os.getuid() or stat.S_ISLNK(found.st_mode):
        return
    with suppress(PermissionError):  # a file system that has none, says so below
        path.chmod(mode & 0o700)
    if stat.S_IMODE(path.lstat().st_mode) & 0o077:
        _warn_once(
            f"{path.parent}: its file system keeps no permissions, so others who use this computer "
            "may read what is stored; choose another folder."
        )
    else:
        _warn_once(f"{path}: others could read it; now its owner alone can.")


@lru_cache(maxsize=1024)
def _warn_once(message: str) -> None:
    _log.warning(message)
