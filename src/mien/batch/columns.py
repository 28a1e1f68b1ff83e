"""The user's own columns, which a list of inputs carries: what they may be called, and hold."""

from collections.abc import Iterable, Sequence

import pyarrow as pa

from mien.batch.errors import BatchError
from mien.inference.records import COLUMNS

PATH = "path"
"""The column of a list that names its inputs."""


def own_columns(schema: pa.Schema, name: str) -> pa.Schema:
    """Returns a list's columns as they are carried, without `PATH`.

    Args:
        schema: of the list.
        name: of the list, for the error's words.

    Raises:
        BatchError: there is no `PATH`, a column is named as another or as one of a record, or is
            of a type that cannot be carried.
    """
    _check_names(schema.names, name)
    return pa.schema([_plain(field, name) for field in schema if field.name != PATH])


def unified(schemas: Iterable[pa.Schema]) -> pa.Schema:
    """Returns the columns of all lists.

    Raises:
        BatchError: a column is of one type in one list, and of another in another.
    """
    try:
        return pa.unify_schemas([pa.schema([]), *schemas])
    except pa.ArrowException as error:
        reason = str(error).partition("\n")[0]
        raise BatchError(
            f"the lists' columns do not fit together ({reason}); rename one of them."
        ) from None


def _check_names(names: Sequence[str], name: str) -> None:
    if PATH not in names:
        raise BatchError(
            f"{name}: it has no column '{PATH}', but {', '.join(names) or 'none'}; "
            f"call the column that holds the paths '{PATH}'."
        )
    seen: set[str] = set()
    for column in names:
        folded = column.casefold()  # DuckDB, for one, tells no case apart
        if folded in COLUMNS:
            raise BatchError(
                f"{name}: its column '{column}' is named as a column of the records; rename it."
            )
        if folded in seen:
            raise BatchError(f"{name}: two of its columns are '{column}'; rename one.")
        seen.add(folded)


def _plain(field: pa.Field, name: str) -> pa.Field:
    """Returns a column of a type that every reader of Parquet knows."""
    kind = field.type
    if pa.types.is_dictionary(kind):  # what pandas calls categories
        kind = kind.value_type
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        kind = pa.string()
    if pa.types.is_timestamp(kind):  # Python's own times know no nanoseconds
        kind = pa.timestamp("us", kind.tz)
    if pa.types.is_nested(kind):
        raise BatchError(f"{name}: its column '{field.name}' is nested; leave it out.")
    return pa.field(field.name, kind)
