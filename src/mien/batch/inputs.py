"""All inputs of a job, in an order that is the same each time they are listed."""

import csv
import glob
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from mien.batch.errors import BatchError
from mien.batch.plan import Item, is_address
from mien.batch.sources import Entry, Remote, below, fetched, kind_of, local_path, named
from mien.errors import MediaError
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
            f"the lists' columns do not fit together ({reason})", remedy="rename one of them"
        ) from None


def _check_names(names: Sequence[str], name: str) -> None:
    if PATH not in names:
        raise BatchError(
            f"it has no column '{PATH}', but {', '.join(names) or 'none'}",
            subject=name,
            remedy=f"call the column that holds the paths '{PATH}'",
        )
    seen: set[str] = set()
    for column in names:
        folded = column.casefold()  # DuckDB, for one, tells no case apart
        if folded in COLUMNS:
            raise BatchError(
                f"its column '{column}' is named as a column of the records",
                subject=name,
                remedy="rename it",
            )
        if folded in seen:
            raise BatchError(
                f"two of its columns are '{column}'", subject=name, remedy="rename one"
            )
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
        raise BatchError(
            f"its column '{field.name}' is nested", subject=name, remedy="leave it out"
        )
    return pa.field(field.name, kind)


SUFFIXES = (".txt", ".csv", ".parquet")
"""What a list is told by."""

T = TypeVar("T")

_OUTSIDE = "outside the folder of the list that names it; give its whole path there."


class ListFile:
    """A file that lists inputs. Relative paths start at the list's own folder.

    A line of text is a path. A CSV file's columns are taken as text, a Parquet file's as they are.

    Args:
        file: a local path, where the list can be read.
        name: what the user called it, in whose folder relative paths start.

    Attributes:
        columns: the user's own, without `path`.

    Raises:
        BatchError: it cannot be read, has no column `path`, or one named as a record's.
    """

    def __init__(self, file: str, name: str) -> None:
        self._file, self._name = file, name
        self._suffix = Path(name).suffix.lower()
        self.columns = own_columns(self._told(self._schema), name)

    def __iter__(self) -> Iterator[Entry]:
        """Yields an entry a row.

        Raises:
            BatchError: a row is malformed or has no path, or no file that it names is there.
        """
        some = missing = 0
        for number, row in enumerate(self._rows(), 1):
            path = row.pop(PATH)
            if not isinstance(path, str) or not path:
                raise BatchError(f"{self._name}, row {number}: it has no path", remedy="fill it in")
            entry = self._entry(path)
            some += 1
            missing += not (entry.stamp or entry.problem or is_address(entry.path))
            yield Entry(entry.path, entry.kind, entry.size, entry.stamp, entry.problem, row)
        if some and some == missing:
            raise BatchError(
                f"none of the {some} files that it lists is there",
                subject=self._name,
                remedy="relative paths start at the list's own folder",
            )

    def _entry(self, path: str) -> Entry:
        path = local_path(path)
        if is_address(path):
            return Entry(path, kind_of(path) or "photo")
        whole = self._beside(path)
        if _climbs(path):
            return Entry(whole, kind_of(path) or "photo", problem=_OUTSIDE)
        return Entry(whole, kind_of(path) or "photo") if is_address(whole) else named(whole)

    def _beside(self, path: str) -> str:
        """Returns where a path leads that starts at the list's own folder."""
        if is_address(self._name) and not Path(path).is_absolute():
            return f"{self._name.rpartition('/')[0]}/{path}"
        return str(Path(self._name).parent / path)

    def _schema(self) -> pa.Schema:
        match self._suffix:
            case ".txt":
                return pa.schema([(PATH, pa.string())])
            case ".csv":
                with self._open_csv() as file:
                    header = next(csv.reader(file), [])
                return pa.schema([(name, pa.string()) for name in header])
        with pq.ParquetFile(self._file) as table:
            return table.schema_arrow

    def _rows(self) -> Iterator[dict[str, Any]]:
        rows = {".txt": self._text_rows, ".csv": self._csv_rows}.get(self._suffix, self._table_rows)
        iterator = rows()
        while (row := self._told(lambda: next(iterator, None))) is not None:
            yield row

    def _text_rows(self) -> Iterator[dict[str, Any]]:
        # A file's name need not be Unicode.
        with Path(self._file).open(encoding="utf-8-sig", errors="surrogateescape") as file:
            yield from ({PATH: path} for line in file if (path := line.rstrip("\r\n")))

    def _csv_rows(self) -> Iterator[dict[str, Any]]:
        with self._open_csv() as file:
            reader = csv.reader(file, strict=True)
            header = next(reader)
            for row in reader:
                if len(row) != len(header):
                    raise BatchError(
                        f"{self._name}, line {reader.line_num}: it has {len(row)} fields "
                        f"and not {len(header)}",
                        remedy="mend the line",
                    )
                yield dict(zip(header, row, strict=True))

    def _table_rows(self) -> Iterator[dict[str, Any]]:
        schema = pa.schema([pa.field(PATH, pa.string()), *self.columns])
        with pq.ParquetFile(self._file) as table:
            for batch in table.iter_batches(8192, columns=schema.names):
                yield from batch.select(schema.names).cast(schema).to_pylist()

    def _open_csv(self) -> IO[str]:
        return Path(self._file).open(encoding="utf-8-sig", newline="")

    def _told(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except UnicodeDecodeError:
            raise BatchError(
                "not UTF-8 text", subject=self._name, remedy="save it as UTF-8"
            ) from None
        except (OSError, csv.Error, pa.ArrowException) as error:
            reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
            raise BatchError(
                f"cannot be read as a list ({reason})",
                subject=self._name,
                remedy="give text, CSV or Parquet",
            ) from None


def _climbs(path: str) -> bool:
    """Tells whether a relative path leaves the folder where it starts."""
    if Path(path).is_absolute():
        return False
    depth = 0
    for part in Path(path).parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            return True
    return False


Source = Iterable[Entry | None]
"""What one INPUT stands for; None for each file that is neither photo nor video."""


class Inputs:
    """Iterates, once, over the inputs, numbered.

    Args:
        sources: what the user named.

    Attributes:
        columns: the user's own, of all lists.
        passed_over: how many files so far are neither photo nor video.
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
                    "is given twice, and not with the same columns",
                    subject=entry.path,
                    remedy="name it once",
                )
            else:
                self.repeated += 1
        if not seen:
            raise BatchError(
                f"no photo and no video among the inputs ({self.passed_over} other files)",
                remedy="give a folder, a pattern in quotes, or a list of paths",
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
    """Opens what a user names: folders, patterns, lists, photos and videos, here or on a storage.

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
        raise BatchError("no such file or folder", subject=text, remedy="check the path")
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
        raise BatchError(f"{error}", subject=address) from None
