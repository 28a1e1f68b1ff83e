"""Where inputs lie: files of this machine, or a remote storage that fsspec knows by its address."""

import os
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any, TypeVar

from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs

from mien.batch.errors import BatchError
from mien.batch.plan import Item, Kind, Options, is_address
from mien.errors import MediaError
from mien.inference.media.images import SUFFIXES, VIDEOS

TIMEOUT = 60.0
"""Seconds without an answer after which a storage counts as stalled."""

_CHUNK = 2**22  # bytes that are downloaded at once
_LINK_OUTSIDE = "a link to outside the folder that was passed; name its target as an input, too."
# Where the storages of fsspec say which version of a file it is.
_STAMPS = ("ETag", "etag", "mtime", "LastModified", "last_modified", "created", "date_time")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """An `Item` without its index.

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
    """Tells a photo from a video by the path's suffix; None for anything else, a playlist too."""
    suffix = Path(path).suffix.lower()
    if suffix in SUFFIXES:
        return "photo"
    return "film" if suffix in VIDEOS else None


def local_path(text: str) -> str:
    """Returns the path of a `file://` address; anything else is returned as it is."""
    if text.startswith("file://") and "::" not in text:
        return str(url_to_fs(text)[1])
    return text


@contextmanager
def open_local(item: Item, options: Options) -> Iterator[str]:
    """Gives a local path to read an item from; what is remote is downloaded for the block.

    Raises:
        MediaError: the item is known to be unreadable, or cannot be downloaded.
    """
    if item.problem:
        raise MediaError(item.problem)
    path = options.locate(item)
    if not is_address(path):
        yield path
        return
    with download(path) as copy:
        yield copy


@contextmanager
def download(address: str) -> Iterator[str]:
    """Gives the path of a temporary local copy.

    Raises:
        MediaError: the storage does not answer, denies access, or has no such file.
    """
    suffix = Path(address.partition("::")[0]).suffix
    with NamedTemporaryFile(prefix="mien-", suffix=suffix) as file:
        try:
            _download(address, file)
        except FileNotFoundError:
            raise MediaError("no such file", remedy="check the path") from None
        except PermissionError:
            raise MediaError("the storage denies it", remedy="check the permissions") from None
        except Exception as error:  # each backend has its own errors
            raise MediaError(f"cannot be fetched ({error})", remedy="try again later") from None
        yield file.name


def _download(address: str, target: IO[bytes]) -> None:
    fs, path = call_with_timeout(lambda: open_storage(address))
    source = call_with_timeout(lambda: fs.open(path, "rb"))
    with source:
        while chunk := call_with_timeout(lambda: source.read(_CHUNK)):
            target.write(chunk)
    target.flush()


def open_storage(address: str) -> tuple[AbstractFileSystem, str]:
    """Returns the storage of an address, and the path in it.

    Raises:
        BatchError: no installed backend can open such an address.
    """
    try:
        fs, path = url_to_fs(address)
    except Exception as error:  # each backend has its own errors
        raise BatchError(
            f"cannot be opened ({error})",
            subject=address,
            remedy="install what fsspec needs for it, or name a local folder",
        ) from None
    return fs, path


def call_with_timeout(call: Callable[[], T]) -> T:
    """Calls what may never return, and waits `TIMEOUT` seconds for it.

    Raises:
        TimeoutError: it did not return; it is left alone, in a thread of its own.
    """
    answers: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(call())
        except BaseException as error:  # raised again in the thread that waits
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(TIMEOUT)
    if failures:
        raise failures[0]
    if not answers:
        raise TimeoutError(f"nothing came in {TIMEOUT:.0f} s")
    return answers[0]


def inspect_file(path: str) -> Entry:
    """Looks at a local file that the user named, whatever its suffix."""
    kind = kind_of(path)
    if kind is None:
        from mien.inference.media.sources import is_moving  # noqa: PLC0415 - PyAV, rarely needed

        kind = "film" if is_moving(path) else "photo"
    return _inspect(path, kind)


def walk_folder(folder: str) -> Iterator[Entry | None]:
    """Walks through a local folder, in the order of names.

    Links are followed as long as they stay inside.

    Yields:
        An entry for each photo, each video and each link that leads outside; None for any other
        file.

    Raises:
        BatchError: a folder cannot be read.
    """
    root = os.path.realpath(folder)
    for where, folders, names in os.walk(folder, onerror=_refuse_folder):
        folders.sort()
        linked = [name for name in folders if Path(where, name).is_symlink()]
        for name in sorted(names):
            yield _inspect_below(root, str(Path(where, name)))
        for name in linked:
            if _leads_outside(root, str(Path(where, name))):
                yield Entry(str(Path(where, name)), "photo", problem=_LINK_OUTSIDE)


def _inspect_below(root: str, path: str) -> Entry | None:
    kind = kind_of(path)
    if kind is None:
        return None
    if _leads_outside(root, path):
        return Entry(path, kind, problem=_LINK_OUTSIDE)
    return _inspect(path, kind)


def _leads_outside(root: str, path: str) -> bool:
    """Returns whether a path is a link that leads out of `root`."""
    return Path(path).is_symlink() and not Path(os.path.realpath(path)).is_relative_to(root)


def _inspect(path: str, kind: Kind) -> Entry:
    """Reads a file's size and time of change. A missing file fails when it is analyzed."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return Entry(path, kind)
    if stat.S_ISDIR(status.st_mode):
        return Entry(path, kind, problem="is a folder; name it as an input of its own.")
    if not stat.S_ISREG(status.st_mode):  # a pipe that nobody writes to would block for ever
        return Entry(path, kind, problem="not a file; give a photo or a video.")
    return Entry(path, kind, status.st_size, str(status.st_mtime_ns))


def _refuse_folder(error: OSError) -> None:
    raise BatchError(
        f"this folder cannot be read ({error.strerror})",
        subject=error.filename,
        remedy="check its permissions, or leave it out",
    )


class RemoteSource:
    """The inputs that one address stands for: a file, a folder, or a pattern of file names.

    Args:
        address: such as `s3://bucket/photos`.

    Raises:
        BatchError: it cannot be opened, does not exist, or does not answer.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._fs, self._path = self._call(lambda: open_storage(address))
        self._chained = "".join(address.partition("::")[1:])  # as in zip://*.jpg::photos.zip
        self._checked = False

    def __iter__(self) -> Iterator[Entry | None]:
        """Yields an entry for each photo and video, in the order of names; None for other files."""
        if "*" in self._path or "?" in self._path:
            matches = self._call(lambda: self._fs.glob(self._path, detail=True))
            for path in sorted(matches):
                yield from self._entries(path, matches[path])
        else:
            yield from self._entries(self._path, self._call(lambda: self._fs.info(self._path)))

    def _entries(self, path: str, info: Mapping[str, Any]) -> Iterator[Entry | None]:
        if info["type"] != "directory":
            yield self._entry(path, info, named=path == self._path)
            return
        walk = self._fs.walk(path, detail=True, on_error="raise")
        while step := self._call(lambda: next(walk, None)):
            _, folders, files = step
            for name in sorted(folders):  # this is also the order in which they are walked
                folders[name] = folders.pop(name)
            for name in sorted(files):
                yield self._entry(files[name]["name"], files[name], named=False)

    def _entry(self, path: str, info: Mapping[str, Any], named: bool) -> Entry | None:
        address = self._fs.unstrip_protocol(path) + self._chained
        kind = kind_of(path) or ("photo" if named else None)
        if kind is None:
            return None
        if not self._checked:
            self._check(address)
        stamp = next((str(info[key]) for key in _STAMPS if info.get(key)), "")
        return Entry(address, kind, int(info.get("size") or 0), stamp)

    def _check(self, address: str) -> None:
        """Refuses a storage that a worker could not open again by the address of a file."""
        again, _ = open_storage(address)
        self._checked = again.storage_options == self._fs.storage_options
        if not self._checked:
            raise BatchError(
                f"its files cannot be opened by their addresses alone, such as {address}",
                subject=self._address,
                remedy="mount this storage as a folder",
            )

    def _call(self, call: Callable[[], T]) -> T:
        try:
            return call_with_timeout(call)
        except BatchError:
            raise
        except FileNotFoundError:
            raise BatchError(
                "no such file or folder", subject=self._address, remedy="check it"
            ) from None
        except Exception as error:  # each backend has its own errors
            raise BatchError(
                f"the storage cannot be read ({error})",
                subject=self._address,
                remedy="check the address, your permissions and the network",
            ) from None
