"""Data sets cached as arrays, so that a second load is near instant."""

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.data.dataset import FER2013, DataFormat, FaceDataset
from mien.files import replacing

_FORMAT = "mien faces 3"  # raised when the reading of a source changes
_COLUMN = "column "  # what an array of a further column is called by
_SETTLED_NS = 100_000_000


def cached(
    key: Path,
    sources: Sequence[Path],
    read: Callable[[], FaceDataset],
    data_format: DataFormat = FER2013,
    kind: str = "",
) -> FaceDataset:
    """Returns what `read` returns, from the cache if its sources have not changed since.

    A damaged cache is built again; a folder that is not writable is no error.

    Args:
        key: the path that the user named; one data set is cached for each, and each format.
        sources: every file that `read` reads, those that may appear later included. They are
            compared by size, modification time and change time, which no program can set back.
        read: reads the sources.
        data_format: that `read` returns.
        kind: what the user said that the images are, if anything.
    """
    stamp, newest = _stamp(sources)
    file = _cache_file(key, data_format, kind)
    if file is None:
        return read()
    if (found := _load(file, stamp, data_format)) is not None:
        return found
    # A file changed within the clock's last tick may change again with the same times.
    settled = time.time_ns() - newest > _SETTLED_NS
    dataset = read()
    if settled:
        with contextlib.suppress(OSError):
            _save(file, stamp, dataset)
    return dataset


def cache_folder() -> Path | None:
    """Returns `$XDG_CACHE_HOME/mien` or `~/.cache/mien`; None where there is no home either."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if base.is_absolute():  # the XDG specification ignores relative paths
        return base / "mien"
    try:
        return Path.home() / ".cache" / "mien"
    except RuntimeError:
        return None


def _cache_file(key: Path, data_format: DataFormat, kind: str) -> Path | None:
    folder = cache_folder()
    digest = hashlib.sha256(os.fsencode(key.resolve()))
    if data_format != FER2013:
        digest.update(f"2 {data_format!r}".encode())
    digest.update(kind.encode())
    name = digest.hexdigest()[:32]
    return folder / f"{name}.npz" if folder else None


def _stamp(sources: Sequence[Path]) -> tuple[str, int]:
    """Returns a digest of the sources' paths and states, and the newest change time in ns."""
    digest = hashlib.sha256(_FORMAT.encode())
    newest = 0
    for path in sources:
        state: tuple[int, ...] = ()
        with contextlib.suppress(OSError):  # if it matters, `read` raises it
            found = path.stat()
            state = (found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            newest = max(newest, found.st_ctime_ns)
        digest.update(f"{str(path.absolute())!r} {state}\n".encode())
    return digest.hexdigest(), newest


def _load(file: Path, stamp: str, data_format: DataFormat) -> FaceDataset | None:
    try:
        with file.open("rb") as raw, np.load(raw, allow_pickle=False) as archive:
            if str(archive["stamp"]) != stamp:
                return None
            return FaceDataset(
                archive["images"],
                archive["labels"],
                archive["splits"],
                archive.get("votes"),
                tuple(archive["problems"].tolist()),
                data_format,
                archive.get("people"),
                files=archive.get("files"),
                columns=_columns(archive),
                aligned=bool(archive["aligned"]),
            )
    except Exception:  # a damaged archive raises many kinds of error
        return None


def _columns(archive: Any) -> dict[str, NDArray[np.str_]]:
    return {
        name.removeprefix(_COLUMN): archive[name]
        for name in archive.files
        if name.startswith(_COLUMN)
    }


def _save(file: Path, stamp: str, dataset: FaceDataset) -> None:
    # Faces are personal data: only this user may read them.
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    arrays: dict[str, Any] = {
        "stamp": np.array(stamp),
        "images": dataset.images,
        "labels": dataset.labels,
        "splits": dataset.splits,
        "problems": np.array(dataset.problems, np.str_),
        "aligned": np.array(dataset.aligned),
    }
    if dataset.votes is not None:
        arrays["votes"] = dataset.votes
    for name in ("people", "files"):
        if (values := getattr(dataset, name)) is not None:
            arrays[name] = values
    arrays |= {f"{_COLUMN}{name}": values for name, values in dataset.columns.items()}
    with replacing(file) as beside:
        np.savez(beside, **arrays)
