"""Edits inside a container: JSON under a checksum, texts in a ZIP archive, columns of Parquet."""

import hashlib
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from reliability.fuzz.mutations import Mutation
from reliability.fuzz.mutations.raw import mutate_raw
from reliability.fuzz.mutations.text import mutate_json

_FOOTER = 8  # bytes at the end of a Parquet file: the length of its footer, and PAR1
_NAMES = ("", "path", "PATH", "image", "emotion", "time", "person", "a" * 200, "raw_x", "\0", "é")
_LARGEST = 2**20  # bytes of a file in an archive that is looked into
_FAILURES = (pa.ArrowException, OSError, ValueError, TypeError, KeyError, OverflowError)


def mutate_profile(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Edits the JSON of an exported profile, and computes its checksum again."""
    head, _, body = data.partition(b"\n")
    others = [other.partition(b"\n")[2] for other in others]
    body = mutate_json(rng, body.removesuffix(b"\n"), others)
    name = head.partition(b" ")[0]
    return name + b" " + hashlib.sha256(body).hexdigest().encode() + b"\n" + body + b"\n"


@dataclass(frozen=True, slots=True)
class ZipMutation:
    """Edits a file of an archive, its name, or how often it is there."""

    inside: Mutation

    def __call__(self, rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
        """Returns the archive with one file changed."""
        try:
            with zipfile.ZipFile(BytesIO(data)) as archive:
                files = [(name, archive.read(name)) for name in archive.namelist()]
        except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, zlib.error, EOFError):
            return mutate_raw(rng, data, others)
        if not files:
            return mutate_raw(rng, data, others)
        at = rng.randrange(len(files))
        name, content = files[at]
        match rng.randrange(8):
            case 0:
                del files[at]
            case 1:
                files[at] = rng.choice(("", "../db", "db/", "project", "x" * 300)), content
            case 2:
                files[at] = name, bytes(rng.choice((10**5, 10**8)))
            case _:
                files[at] = name, self.inside(rng, content[:_LARGEST], ())
        return _zip(dict(files))


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def mutate_footer(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Edits the footer of a Parquet file, which has the schema and where columns stand."""
    length = int.from_bytes(data[-_FOOTER:-4], "little")
    start = len(data) - _FOOTER - length
    if start < 4:
        return mutate_raw(rng, data, others)
    footer = mutate_raw(rng, data[start:-_FOOTER], ())
    return data[:start] + footer + len(footer).to_bytes(4, "little") + data[-4:]


def mutate_columns(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Drops, renames, repeats, empties or converts a column of a Parquet file."""
    try:
        table = pq.read_table(BytesIO(data), partitioning=None)
        at = rng.randrange(table.num_columns)
        edited = rng.choice(_COLUMN_EDITS)(rng, table, at)
        buffer = BytesIO()
        pq.write_table(edited, buffer)
    except _FAILURES:
        return mutate_raw(rng, data, others)
    return buffer.getvalue()


def _drop(_: Random, table: pa.Table, at: int) -> pa.Table:
    return table.remove_column(at)


def _rename(rng: Random, table: pa.Table, at: int) -> pa.Table:
    names = [*table.column_names]
    names[at] = rng.choice((*_NAMES, *names))
    return table.rename_columns(names)


def _convert(rng: Random, table: pa.Table, at: int) -> pa.Table:
    kinds = (pa.string(), pa.int64(), pa.float64(), pa.binary(), pa.bool_(), pa.uint8(), pa.null())
    column = table.column(at).combine_chunks()
    return table.set_column(at, table.column_names[at], column.cast(rng.choice(kinds)))


def _fill(rng: Random, table: pa.Table, at: int) -> pa.Table:
    value = rng.choice(_VALUES)
    return table.set_column(at, table.column_names[at], pa.array([value] * table.num_rows))


def _one(rng: Random, table: pa.Table, at: int) -> pa.Table:
    """Replaces one value by null, or by the most that its type holds."""
    column = table.column(at)
    values = column.to_pylist()
    values[rng.randrange(len(values))] = rng.choice((None, -1, 2**31, float("nan"), "", b"", "x"))
    return table.set_column(at, table.column_names[at], pa.array(values, column.type))


def _rows(rng: Random, table: pa.Table, _: int) -> pa.Table:
    return table.slice(0, 0) if rng.random() < 0.3 else pa.concat_tables([table, table])


_VALUES: tuple[Any, ...] = (
    *(None, 0, -1, 2**40, 1.5, float("nan"), float("inf"), "", "x", "\0", "a" * 5000, b"", b"x"),
    *([1], {"a": 1}, True, "../../x", "http://127.0.0.9:17999/a.png"),
)
_COLUMN_EDITS: tuple[Callable[[Random, pa.Table, int], pa.Table], ...] = (
    *(_drop, _rename, _convert, _fill, _one, _one, _rows),
)
