"""The inputs of a job as it began with them, kept in its folder."""

import os
from collections.abc import Iterable, Iterator
from itertools import islice, zip_longest
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mien.batch.errors import BatchError
from mien.batch.inputs import Inputs
from mien.batch.items import Item
from mien.files import replacing

_ROWS = 8192  # that are read or written at once
_VALUES = "values"
_FIELDS = (
    ("path", pa.binary()),  # a file's name need not be Unicode
    ("kind", pa.string()),
    ("size", pa.int64()),
    ("stamp", pa.string()),
    ("problem", pa.string()),
    ("cuts", pa.list_(pa.int64())),
)


def save_inputs(path: Path, items: Iterable[Item], columns: pa.Schema) -> None:
    """Writes inputs, numbered from 0 without a gap, whole or not at all.

    Raises:
        OSError: the file cannot be written.
    """
    own = [(_VALUES, pa.struct(list(columns)))] if columns else []  # Parquet has no empty struct
    schema, items = pa.schema([*_FIELDS, *own]), iter(items)
    with replacing(path) as beside, pq.ParquetWriter(beside, schema) as file:
        while some := list(islice(items, _ROWS)):
            rows = [_row(item, columns) for item in some]
            file.write_table(pa.Table.from_pylist(rows, schema))


def saved_columns(path: Path) -> pa.Schema:
    """Returns the user's own columns, which `save_inputs` was given.

    Raises:
        BatchError: the file is missing or damaged.
    """
    try:
        schema = pq.read_schema(path)
    except (OSError, pa.ArrowException):
        raise BatchError(f"{path}: missing or damaged; give --out another folder.") from None
    return pa.schema(list(schema.field(_VALUES).type) if _VALUES in schema.names else [])


def saved_inputs(path: Path) -> Iterator[Item]:
    """Yields the inputs again, with bounded memory."""
    number = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_ROWS):
            for row in batch.to_pylist():
                yield Item(
                    *(number, os.fsdecode(row["path"]), row["kind"], row["size"], row["stamp"]),
                    values=tuple((row.get(_VALUES) or {}).values()),
                    problem=row["problem"],
                    cuts=tuple(row["cuts"]),
                )
                number += 1


def check_unchanged(path: Path, now: Inputs) -> None:
    """Compares inputs with those that were saved.

    Raises:
        BatchError: they are not the same; the first difference is named.
    """
    if saved_columns(path) != now.columns:
        raise _changed("the lists have other columns")
    for before, after in zip_longest(saved_inputs(path), now):
        if before is None or after is None or _key(before) != _key(after):
            raise _changed(_difference(before, after))


def _changed(what: str) -> BatchError:
    return BatchError(
        f"the inputs have changed since this job began: {what}; add --as-begun to go on with the "
        "inputs of then, or give --out another folder."
    )


def _row(item: Item, columns: pa.Schema) -> dict[str, object]:
    values = dict(zip(columns.names, item.values, strict=True))
    return {
        "path": os.fsencode(item.path),
        **{name: getattr(item, name) for name, _ in _FIELDS[1:]},
        _VALUES: values,
    }


def _key(item: Item) -> tuple[object, ...]:
    # What is not a number never equals itself, but reads alike.
    return item.path, item.kind, item.size, item.stamp, item.problem, repr(item.values)


def _difference(before: Item | None, after: Item | None) -> str:
    if before is None:
        return f"{after.path if after else ''} is new"
    if after is None:
        return f"{before.path} is gone"
    if before.path == after.path:
        return f"{after.path} is another file, or has other columns"
    return f"where {before.path} was, {after.path} is"
