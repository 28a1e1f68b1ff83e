"""Lists of inputs: a path a line, or a table with a column `path` and columns of the user's own."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from mien.batch.columns import PATH, own_columns
from mien.batch.entries import Entry, kind_of, named
from mien.batch.errors import BatchError
from mien.batch.items import is_address
from mien.batch.storage import local_path

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
                raise BatchError(f"{self._name}, row {number}: it has no path; fill it in.")
            entry = self._entry(path)
            some += 1
            missing += not (entry.stamp or entry.problem or is_address(entry.path))
            yield Entry(entry.path, entry.kind, entry.size, entry.stamp, entry.problem, row)
        if some and some == missing:
            raise BatchError(
                f"{self._name}: none of the {some} files that it lists is there; relative paths "
                "start at the list's own folder."
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
                        f"{self._name}, line {reader.line_num}: it has {len(row)} fields and not "
                        f"{len(header)}; mend the line."
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
            raise BatchError(f"{self._name}: not UTF-8 text; save it as UTF-8.") from None
        except (OSError, csv.Error, pa.ArrowException) as error:
            reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
            raise BatchError(
                f"{self._name}: cannot be read as a list ({reason}); give text, CSV or Parquet."
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
