"""A job's folder: what lies where, and that it is this job's alone."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mien.batch.errors import BatchError


class JobFolder:
    """The places in a job's folder.

    Args:
        path: `--out`.

    Attributes:
        records: parts of Parquet, the rows.
        errors: parts of Parquet: the inputs that have no rows, and why.
        notes: parts of Parquet: what was passed over in inputs that have rows.
        manifest: what was done, with what, and what came of it.
        inner: what a job needs to go on: `inputs`, `journal`, `held` parts of films, and `lock`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.records = path / "records"
        self.errors = path / "errors"
        self.notes = path / "notes"
        self.manifest = path / "manifest.json"
        self.inner = path / "job"
        self.inputs = self.inner / "inputs.parquet"
        self.journal = self.inner / "journal.jsonl"
        self.held = self.inner / "held"
        self.lock = self.inner / "lock"


@contextmanager
def open_folder(path: Path) -> Iterator[JobFolder]:
    """Opens a job's folder, a new one or one that was begun, for this process alone.

    Raises:
        BatchError: it holds something else, cannot be written to, or a job is running in it.
    """
    folder = JobFolder(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not folder.lock.exists() and any(path.iterdir()):
            raise BatchError(f"{path}: holds other files; give --out a new folder.")
        folder.inner.mkdir(exist_ok=True)
        lock = os.open(folder.lock, os.O_CREAT | os.O_RDWR, 0o666)
    except OSError as error:
        raise BatchError(
            f"{path}: cannot be written to ({error.strerror}); give --out another folder."
        ) from None
    try:
        _claim(path, lock)
        for half in (*path.glob(".manifest.json.*"), *folder.inner.rglob(".*.parquet")):
            half.unlink()  # a kill left it
        yield folder
    finally:
        os.close(lock)


def _claim(path: Path, lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise BatchError(
            f"{path}: a job is running in this folder; wait for it, or give --out another one."
        ) from None
