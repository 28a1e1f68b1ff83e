"""Where inputs lie: this machine's files, or a storage that fsspec knows by its address."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, TypeVar

from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs

from mien.batch.errors import BatchError
from mien.batch.items import Item, Options, is_address
from mien.errors import MediaError

PATIENCE = 60.0
"""Seconds without an answer after which a storage counts as stalled."""

_CHUNK = 2**22

T = TypeVar("T")


def local_path(text: str) -> str:
    """Returns the path of a `file://` address; anything else comes back as it is."""
    if text.startswith("file://") and "::" not in text:
        return str(url_to_fs(text)[1])
    return text


def open_storage(address: str) -> tuple[AbstractFileSystem, str]:
    """Returns the storage of an address, and the path in it.

    Raises:
        BatchError: nothing that is installed can open such an address.
    """
    try:
        fs, path = url_to_fs(address)
    except Exception as error:  # each backend has its own errors
        raise BatchError(
            f"{address}: cannot be opened ({error}); install what fsspec needs for it, "
            "or name a local folder."
        ) from None
    return fs, path


@contextmanager
def local_copy(item: Item, options: Options) -> Iterator[str]:
    """Gives a local path to read an item from; what has an address is copied for a while.

    Raises:
        MediaError: it cannot be fetched. Also for a `MediaError` inside the `with` block: its
            reason alone, without the file's name, so that like failures read alike.
    """
    if item.problem:
        raise MediaError(item.problem)
    where = options.locate(item)
    try:
        if is_address(where):
            with fetched(where) as where:
                yield where
        else:
            yield where
    except MediaError as error:
        reason = str(error).removeprefix(f"{where}: ").removeprefix(f"{item.path}: ")
        raise MediaError(reason) from None


@contextmanager
def fetched(address: str) -> Iterator[str]:
    """Gives the path of a local copy, which is removed in the end.

    Raises:
        MediaError: the storage does not answer, denies it, or has no such file.
    """
    suffix = Path(address.partition("::")[0]).suffix
    with NamedTemporaryFile(prefix="mien-", suffix=suffix) as file:
        try:
            _fetch(address, file)
        except FileNotFoundError:
            raise MediaError("no such file; check the path.") from None
        except PermissionError:
            raise MediaError("the storage denies it; check the permissions.") from None
        except Exception as error:  # each backend has its own errors
            raise MediaError(f"cannot be fetched ({error}); try again later.") from None
        yield file.name


def patiently(call: Callable[[], T]) -> T:
    """Calls what may never return, and waits `PATIENCE` seconds for it.

    Raises:
        TimeoutError: it did not return; it is left alone, in a thread of its own.
    """
    answers: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(call())
        except BaseException as error:  # it belongs to whoever waits
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    if failures:
        raise failures[0]
    if not answers:
        raise TimeoutError(f"nothing came in {PATIENCE:.0f} s")
    return answers[0]


def _fetch(address: str, target: IO[bytes]) -> None:
    fs, path = patiently(lambda: open_storage(address))
    source = patiently(lambda: fs.open(path, "rb"))
    with source:
        while chunk := patiently(lambda: source.read(_CHUNK)):
            target.write(chunk)
    target.flush()
