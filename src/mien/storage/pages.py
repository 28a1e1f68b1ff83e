"""The rows of an SQLite file, read page by page past whatever is damaged.

SQLite reads a table from its root and stops at the first damaged page. Here each leaf is found,
also one whose parent is lost, and each cell is read alone. The format is described at
https://sqlite.org/fileformat2.html.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

Cell = str | int | float | bytes | None

_DEFAULT = 4096
_HEADER = 100  # bytes of the file's header, on the first page
_TABLE_LEAF, _TABLE_BRANCH, _INDEX_LEAF, _INDEX_BRANCH = 13, 5, 10, 2
_LEAVES = (_TABLE_LEAF, _INDEX_LEAF)
_KINDS = (*_LEAVES, _TABLE_BRANCH, _INDEX_BRANCH)
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}  # bytes by serial type
_BAD = (ValueError, IndexError, struct.error)


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a table.

    Attributes:
        rowid: its number; 0 in a table without.
        cells: its values. A column that is the rowid itself is None.
    """

    rowid: int
    cells: tuple[Cell, ...]


class Pages:
    """The pages of a file, numbered from 1.

    Args:
        content: of the file; its header may be damaged.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        size = int.from_bytes(content[16:18]) if len(content) > _HEADER else 0
        size = 65536 if size == 1 else size
        self.size = size if size >= 512 and size & (size - 1) == 0 else _DEFAULT

    @property
    def count(self) -> int:
        """How many pages there are; the last one may be cut off."""
        return -(-len(self._content) // self.size)

    @property
    def version(self) -> int:
        """The number that `PRAGMA user_version` gives."""
        return int.from_bytes(self._content[60:64])

    @property
    def application(self) -> int:
        """The number that `PRAGMA application_id` gives."""
        return int.from_bytes(self._content[68:72])

    def kind(self, page: int) -> int:
        """Returns the kind of a page of rows; 0 for any other."""
        data = self._page(page)
        kind = data[self._start(page)] if len(data) > self._start(page) + 8 else 0
        return kind if kind in _KINDS else 0

    def is_leaf(self, page: int) -> bool:
        """Tells whether a page holds rows of a table, or of an index."""
        return self.kind(page) in _LEAVES

    def tree(self, root: int) -> Iterator[int]:
        """Yields the pages of a table, from its root, that can be reached."""
        waiting, known = [root], set[int]()
        while waiting:
            page = waiting.pop()
            if page in known or not 1 <= page <= self.count or not self.kind(page):
                continue
            known.add(page)
            yield page
            if not self.is_leaf(page):
                waiting += self._children(page)

    def records(self, page: int) -> Iterator[Record | None]:
        """Yields the rows of a page; None for each that is damaged."""
        kind = self.kind(page)
        if kind == _TABLE_BRANCH:
            return
        for place in self._cells(page):
            try:
                yield self._record(self._page(page), place, kind)
            except _BAD:
                yield None

    def _page(self, page: int) -> bytes:
        return self._content[(page - 1) * self.size : page * self.size]

    @staticmethod
    def _start(page: int) -> int:
        return _HEADER if page == 1 else 0

    def _cells(self, page: int) -> Iterator[int]:
        data, start = self._page(page), self._start(page)
        first = start + (8 if self.is_leaf(page) else 12)
        count = min(int.from_bytes(data[start + 3 : start + 5]), (len(data) - first) // 2)
        for at in range(first, first + 2 * count, 2):
            yield int.from_bytes(data[at : at + 2])

    def _children(self, page: int) -> list[int]:
        data, start = self._page(page), self._start(page)
        places = [*self._cells(page), start + 8]  # the last child stands in the header
        return [int.from_bytes(data[place : place + 4]) for place in places]

    def _record(self, data: bytes, place: int, kind: int) -> Record:
        at, rowid = place + (4 if kind == _INDEX_BRANCH else 0), 0
        length, at = _varint(data, at)
        if kind == _TABLE_LEAF:
            rowid, at = _varint(data, at)
        return Record(_signed(rowid), _decode(self._payload(data, at, length, kind)))

    def _payload(self, data: bytes, at: int, length: int, kind: int) -> bytes:
        """Returns the bytes of a cell, with those on overflow pages."""
        if length > len(self._content):
            raise ValueError("it is longer than the file")
        usable = self.size
        most = usable - 35 if kind == _TABLE_LEAF else (usable - 12) * 64 // 255 - 23
        if length <= most:
            return _exactly(data[at : at + length], length)
        least = (usable - 12) * 32 // 255 - 23
        local = least + (length - least) % (usable - 4)
        local = local if local <= most else least
        parts, rest = [_exactly(data[at : at + local], local)], length - local
        following = int.from_bytes(data[at + local : at + local + 4])
        while rest > 0:
            if not 1 <= following <= self.count:
                raise ValueError("its rest is lost")
            more = self._page(following)
            parts.append(_exactly(more[4 : 4 + min(rest, usable - 4)], min(rest, usable - 4)))
            rest -= usable - 4
            following = int.from_bytes(more[:4])
        return b"".join(parts)


def _exactly(data: bytes, length: int) -> bytes:
    if len(data) != length:
        raise ValueError("it is cut off")
    return data


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Returns a number of one to nine bytes, and the place after it."""
    value = 0
    for place in range(at, at + 8):
        value = value << 7 | data[place] & 0x7F
        if data[place] < 0x80:
            return value, place + 1
    return value << 8 | data[at + 8], at + 9


def _signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value


def _decode(payload: bytes) -> tuple[Cell, ...]:
    head, at = _varint(payload, 0)
    kinds = []
    while at < head:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    cells: list[Cell] = []
    for kind in kinds:
        cell, at = _cell(payload, at, kind)
        cells.append(cell)
    if at != len(payload):
        raise ValueError("its length is another")
    return tuple(cells)


def _cell(payload: bytes, at: int, kind: int) -> tuple[Cell, int]:
    if kind in (0, 8, 9):
        return (None if kind == 0 else kind - 8), at
    if kind in (10, 11):
        raise ValueError("it has an unknown type")
    length = _INTEGERS.get(kind) or (8 if kind == 7 else (kind - 12) // 2)
    data = _exactly(payload[at : at + length], length)
    if kind == 7:
        return struct.unpack(">d", data)[0], at + length
    if kind < 7:
        return int.from_bytes(data, signed=True), at + length
    return (data.decode() if kind % 2 else data), at + length
