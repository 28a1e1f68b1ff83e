"""All inputs of a job, in an order that is the same each time they are listed."""

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from mien.batch.columns import unified
from mien.batch.entries import Entry, below, kind_of, named
from mien.batch.errors import BatchError
from mien.batch.items import Item, is_address
from mien.batch.lists import SUFFIXES, ListFile
from mien.batch.remote import Remote
from mien.batch.storage import fetched, local_path
from mien.errors import MediaError

Source = Iterable[Entry | None]
"""What one INPUT stands for; None for each file that is neither photo nor film."""


class Inputs:
    """Iterates, once, over the inputs, numbered.

    Args:
        sources: what the user named.

    Attributes:
        columns: the user's own, of all lists.
        passed_over: how many files so far are neither photo nor film.
        repeated: how many inputs so far were given before.

    Raises:
        BatchError: two lists have columns of one name and different types. While iterating: there
            is nothing, or a source cannot be read.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        lists = [source for source in sources if isinstance(source, ListFile)]
        self.columns = unified(one.columns for one in lists)
        self.passed_over = self.repeated = 0

    def __iter__(self) -> Iterator[Item]:
        seen: dict[str, tuple[Any, ...]] = {}
        for entry in self._entries():
            values = tuple(entry.values.get(name) for name in self.columns.names)
            key = _identity(entry.path)
            if key not in seen:
                yield Item(
                    *(len(seen), entry.path, entry.kind, entry.size, entry.stamp),
                    values=values,
                    problem=entry.problem,
                )
                seen[key] = values
            elif repr(seen[key]) != repr(values):
                raise BatchError(
                    f"{entry.path}: is given twice, and not with the same columns; name it once."
                )
            else:
                self.repeated += 1
        if not seen:
            raise BatchError(
                f"no photo and no film among the inputs ({self.passed_over} other files); give a "
                "folder, a pattern in quotes, or a list of paths."
            )

    def _entries(self) -> Iterator[Entry]:
        for source in self._sources:
            for entry in source:
                if entry is None:
                    self.passed_over += 1
                else:
                    yield entry


@contextmanager
def open_inputs(texts: Sequence[str]) -> Iterator[Inputs]:
    """Opens what a user names: folders, patterns, lists, photos and films, here or on a storage.

    Raises:
        BatchError: one of them is not there, cannot be read, or is a list with a fault.
    """
    with ExitStack() as copies:
        yield Inputs([source for text in texts for source in _sources(text, copies)])


def _sources(text: str, copies: ExitStack) -> list[Source]:
    path = local_path(text)
    is_list = path.lower().endswith(SUFFIXES)
    if is_address(path):
        return [_remote_list(path, copies) if is_list else Remote(path)]
    if os.path.lexists(path):
        return [_local(path, is_list)]
    if not glob.has_magic(path):
        raise BatchError(f"{text}: no such file or folder; check the path.")
    # Other files that a pattern meets are passed over, as in a folder.
    return [
        _local(match, is_list) if is_list or Path(match).is_dir() or kind_of(match) else [None]
        for match in sorted(glob.glob(path, recursive=True))  # noqa: PTH207 - its own take no root
    ]


def _identity(path: str) -> str:
    return path if is_address(path) else os.path.normpath(Path(path).absolute())


def _local(path: str, is_list: bool) -> Source:
    if Path(path).is_dir():
        return below(path)
    return ListFile(path, path) if is_list else [named(path)]


def _remote_list(address: str, copies: ExitStack) -> ListFile:
    try:
        return ListFile(copies.enter_context(fetched(address)), address)
    except MediaError as error:
        raise BatchError(f"{address}: {error}") from None
