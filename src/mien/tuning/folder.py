"""The folder of a search, which one search at a time has to itself."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mien.errors import TrainingError


@contextmanager
def own_folder(folder: Path) -> Iterator[None]:
    """Makes a folder and keeps other searches out of it; the kernel lets go when a process dies.

    Raises:
        TrainingError: it cannot be made, or another search is running in it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise TrainingError(
            f"{folder}: cannot be written ({error}); choose another --out"
        ) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise TrainingError(
            f"{folder}: another search is running there; wait for it, or choose another --out"
        ) from None
    finally:
        os.close(handle)
