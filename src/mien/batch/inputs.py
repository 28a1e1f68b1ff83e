"""Lists all inputs of a job, in an order that is the same each time."""

import csv
import glob
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from mien.batch.errors import BatchError, first_line
from mien.batch.plan import Item, is_address
from mien.batch.sources import (
    Entry,
    RemoteSource,
    download,
    inspect_file,
    kind_of,
    local_path,
    walk_folder,
)
from mien.errors import MediaError
from mien.inference.records.layout import ATTRIBUTE, RAW, SMOOTHED, Layout

PATH = "path"
"""The column of a list that names its inputs."""

LIST_SUFFIXES = (".txt", ".csv", ".parquet")
"""The suffixes that tell a list from a photo or a video."""

Source = Iterable[Entry | None]
"""What one INPUT stands for; None for each file that is neither photo nor video."""

# Those of every layout. Lists of early jobs may have a column `clock`, so new jobs refuse it alone.
_RECORD_COLUMNS = frozenset(Layout(labels=(), clock=False).names)
_RECORD_PREFIXES = (RAW, SMOOTHED, ATTRIBUTE)  # of those that a layout adds
_PATH_OUTSIDE = "outside the folder of the list that names it; give its whole path there."

T = TypeVar("T")


class Inputs:
    """Iterates, once, over the inputs, numbered.

    Args:
        sources: what the user named.

    Attributes:
        columns: the user's own, of all lists.
        skipped: how many files so far are neither photo nor video.
        repeated: how many inputs so far were named before.

    Raises:
        BatchError: two lists have columns of one name and different types. While iterating: there
            is no input, or a source cannot be read.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        lists = [source for source in sources if isinstance(source, ListFile)]
        self.columns = _unify(list_file.columns for list_file in lists)
        self.skipped = self.repeated = 0

    def __iter__(self) -> Iterator[Item]:
        values_of: dict[str, tuple[Any, ...]] = {}
        for entry in self._entries():
            values = tuple(entry.values.get(name) for name in self.columns.names)
            key = _identity(entry.path)
            if key not in values_of:
                yield Item(
                    *(len(values_of), entry.path, entry.kind, entry.size, entry.stamp),
                    values=values,
                    problem=entry.problem,
                )
                values_of[key] = values
            elif repr(values_of[key]) != repr(values):
                raise BatchError(
                    "is listed twice, with different columns",
                    subject=entry.path,
                    remedy="name it once",
                )
            else:
                self.repeated += 1
        if not values_of:
            raise BatchError(
                f"no photo and no video among the inputs ({self.skipped} other files)",
                remedy="give a folder, a pattern in quotes, or a list of paths",
            )

    def _entries(self) -> Iterator[Entry]:
        for source in self._sources:
            for entry in source:
                if entry is None:
                    self.skipped += 1
                else:
                    yield entry


@contextmanager
def open_inputs(texts: Sequence[str]) -> Iterator[Inputs]:
    """Opens what a user names: folders, patterns, lists, photos and videos, local or remote.

    Raises:
        BatchError: one of them does not exist, cannot be read, or is a list with a fault.
    """
    with ExitStack() as downloads:
        yield Inputs([source for text in texts for source in _open_sources(text, downloads)])


def _open_sources(text: str, downloads: ExitStack) -> list[Source]:
    path = local_path(text)
    is_list = path.lower().endswith(LIST_SUFFIXES)
    if is_address(path):
        return [_open_remote_list(path, downloads) if is_list else RemoteSource(path)]
    if os.path.lexists(path):
        return [_open_local(path, is_list)]
    if not glob.has_magic(path):
        raise BatchError("no such file or folder", subject=text, remedy="check the path")
    # Other files that a pattern matches are skipped, as in a folder.
    return [
        _open_local(match, is_list) if is_list or Path(match).is_dir() or kind_of(match) else [None]
        for match in sorted(glob.glob(path, recursive=True))  # noqa: PTH207 - Path's takes no root
    ]


def _open_local(path: str, is_list: bool) -> Source:
    if Path(path).is_dir():
        return walk_folder(path)
    return ListFile(path, path) if is_list else [inspect_file(path)]


def _open_remote_list(address: str, downloads: ExitStack) -> "ListFile":
    try:
        return ListFile(downloads.enter_context(download(address)), address)
    except MediaError as error:
        raise BatchError(error.reason, subject=address, remedy=error.remedy) from None


def _identity(path: str) -> str:
    return path if is_address(path) else os.path.normpath(Path(path).absolute())


class ListFile:
    """A file that lists inputs. Relative paths start at the list's own folder.

    A line of text is a path. A CSV file's columns are taken as text, a Parquet file's as they are.

    Args:
        file: a local path, where the list can be read.
        name: what the user called it, in whose folder relative paths start.

    Attributes:
        columns: the user's own, without `path`.

    Raises:
        BatchError: it cannot be read, has no column `path`, or one that is named as a record's.
    """

    def __init__(self, file: str, name: str) -> None:
        self._file, self._name = file, name
        self._suffix = Path(name).suffix.lower()
        self.columns = _user_columns(self._translate_errors(self._schema), name)

    def __iter__(self) -> Iterator[Entry]:
        """Yields an entry per row.

        Raises:
            BatchError: a row is malformed or has no path, or none of the files exists.
        """
        count = missing = 0
        for number, row in enumerate(self._rows(), 1):
            path = row.pop(PATH)
            if not isinstance(path, str) or not path:
                raise BatchError(
                    "it has no path", subject=f"{self._name}, row {number}", remedy="fill it in"
                )
            entry = self._entry(path)
            count += 1
            missing += not (entry.stamp or entry.problem or is_address(entry.path))
            yield Entry(entry.path, entry.kind, entry.size, entry.stamp, entry.problem, row)
        if count and count == missing:
            raise BatchError(
                f"none of the {count} files that it lists exists",
                subject=self._name,
                remedy="relative paths start at the list's own folder",
            )

    def _entry(self, path: str) -> Entry:
        path = local_path(path)
        if is_address(path):
            return Entry(path, kind_of(path) or "photo")
        whole = self._resolve(path)
        if _climbs_out(path):
            return Entry(whole, kind_of(path) or "photo", problem=_PATH_OUTSIDE)
        return Entry(whole, kind_of(path) or "photo") if is_address(whole) else inspect_file(whole)

    def _resolve(self, path: str) -> str:
        """Returns the whole path of one that starts at the list's own folder."""
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
        readers = {".txt": self._text_rows, ".csv": self._csv_rows}
        rows = readers.get(self._suffix, self._parquet_rows)()
        while (row := self._translate_errors(lambda: next(rows, None))) is not None:
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
                        f"it has {len(row)} fields and not {len(header)}",
                        subject=f"{self._name}, line {reader.line_num}",
                        remedy="correct the line",
                    )
                yield dict(zip(header, row, strict=True))

    def _parquet_rows(self) -> Iterator[dict[str, Any]]:
        schema = pa.schema([pa.field(PATH, pa.string()), *self.columns])
        with pq.ParquetFile(self._file) as table:
            for batch in table.iter_batches(8192, columns=schema.names):
                yield from batch.select(schema.names).cast(schema).to_pylist()

    def _open_csv(self) -> IO[str]:
        return Path(self._file).open(encoding="utf-8-sig", newline="")

    def _translate_errors(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except UnicodeDecodeError:
            raise BatchError(
                "not UTF-8 text", subject=self._name, remedy="save it as UTF-8"
            ) from None
        except (OSError, csv.Error, pa.ArrowException) as error:
            reason = getattr(error, "strerror", None) or first_line(error)
            raise BatchError(
                f"cannot be read as a list ({reason})",
                subject=self._name,
                remedy="give text, CSV or Parquet",
            ) from None


def _climbs_out(path: str) -> bool:
    """Returns whether a relative path leaves the folder where it starts."""
    if Path(path).is_absolute():
        return False
    depth = 0
    for part in Path(path).parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            return True
    return False


def _user_columns(schema: pa.Schema, name: str) -> pa.Schema:
    """Returns a list's columns as the records carry them, without `PATH`.

    Args:
        schema: of the list.
        name: of the list, for the error's words.

    Raises:
        BatchError: there is no `PATH`, a column is named as another or as one of the records, or
            is of a type that cannot be carried.
    """
    _check_names(schema.names, name)
    return pa.schema([_plain(field, name) for field in schema if field.name != PATH])


def _check_names(names: Sequence[str], name: str) -> None:
    if PATH not in names:
        raise BatchError(
            f"it has no column '{PATH}', but {', '.join(names) or 'none'}",
            subject=name,
            remedy=f"call the column that holds the paths '{PATH}'",
        )
    previous: set[str] = set()
    for column in names:
        folded = column.casefold()  # DuckDB, for one, ignores case
        if folded in _RECORD_COLUMNS or folded.startswith(_RECORD_PREFIXES):
            raise BatchError(
                f"its column '{column}' is named as a column of the records",
                subject=name,
                remedy="rename it",
            )
        if folded in previous:
            raise BatchError(
                f"two of its columns are '{column}'", subject=name, remedy="rename one"
            )
        previous.add(folded)


def _plain(field: pa.Field, name: str) -> pa.Field:
    """Returns a column of a type that every reader of Parquet knows."""
    kind = field.type
    if pa.types.is_dictionary(kind):  # what pandas calls categories
        kind = kind.value_type
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        kind = pa.string()
    if pa.types.is_timestamp(kind):  # Python's own times have no nanoseconds
        kind = pa.timestamp("us", kind.tz)
    if pa.types.is_nested(kind):
        raise BatchError(
            f"its column '{field.name}' is nested", subject=name, remedy="leave it out"
        )
    return pa.field(field.name, kind)


def _unify(schemas: Iterable[pa.Schema]) -> pa.Schema:
    """Returns the columns of all lists.

    Raises:
        BatchError: a column is of one type in one list, and of another in another.
    """
    try:
        return pa.unify_schemas([pa.schema([]), *schemas])
    except pa.ArrowException as error:
        raise BatchError(
            f"the lists' columns do not fit together ({first_line(error)})",
            remedy="rename one of them",
        ) from None
