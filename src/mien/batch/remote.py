"""Inputs on a storage, which fsspec opens by their address."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from mien.batch.entries import Entry, kind_of
from mien.batch.errors import BatchError
from mien.batch.storage import open_storage, patiently

_STAMPS = ("ETag", "etag", "mtime", "LastModified", "last_modified", "created", "date_time")

T = TypeVar("T")


class Remote:
    """What one address stands for: a file, a folder, or a pattern of file names.

    Args:
        address: such as `s3://bucket/photos`.

    Raises:
        BatchError: it cannot be opened, is not there, or does not answer.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._fs, self._path = self._ask(lambda: open_storage(address))
        self._chained = "".join(address.partition("::")[1:])  # as in zip://*.jpg::photos.zip
        self._checked = False

    def __iter__(self) -> Iterator[Entry | None]:
        """Yields what is there, in the order of names; None for a file of another kind."""
        if "*" in self._path or "?" in self._path:
            found = self._ask(lambda: self._fs.glob(self._path, detail=True))
            for path in sorted(found):
                yield from self._entries(path, found[path])
        else:
            yield from self._entries(self._path, self._ask(lambda: self._fs.info(self._path)))

    def _entries(self, path: str, info: Mapping[str, Any]) -> Iterator[Entry | None]:
        if info["type"] != "directory":
            named = path == self._path
            yield self._entry(path, info, named)
            return
        walk = self._fs.walk(path, detail=True, on_error="raise")
        while step := self._ask(lambda: next(walk, None)):
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
                f"{self._address}: its files cannot be opened by their addresses alone, "
                f"such as {address}; mount this storage as a folder."
            )

    def _ask(self, call: Callable[[], T]) -> T:
        try:
            return patiently(call)
        except BatchError:
            raise
        except FileNotFoundError:
            raise BatchError(f"{self._address}: no such file or folder; check it.") from None
        except Exception as error:  # each backend has its own errors
            raise BatchError(
                f"{self._address}: the storage does not give it ({error}); "
                "check the address, your permissions and the network."
            ) from None
