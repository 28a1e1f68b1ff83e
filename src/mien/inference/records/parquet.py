"""Records as Parquet. The one module here that imports pyarrow, which is an extra."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mien.errors import MediaError
from mien.files import replacing
from mien.inference.records.schema import (
    COLUMNS,
    TEXTS,
    WHOLE,
    Numbers,
    Records,
    Row,
    check,
    join,
    to_rows,
    told,
)
from mien.results import FrameResult

_ROW_GROUP = 16_384
_WHEN_FULL = (
    "nothing is kept of a Parquet file that was not finished; make room, or write .csv or .jsonl."
)


def _field(name: str) -> pa.Field:
    if name in TEXTS:
        return pa.field(name, pa.string(), nullable=name != "source")
    if name in WHOLE:
        return pa.field(name, pa.int64(), nullable=name != "frame")
    return pa.field(name, pa.float64() if name == "time" else pa.float32(), name != "time")


SCHEMA = pa.schema([_field(name) for name in COLUMNS])


class ParquetWriter:
    """Holds the rows of one row group and writes it once it is full."""

    def __init__(self, path: Path, file: pq.ParquetWriter) -> None:
        self._path, self._file = path, file
        self._rows: list[Row] = []
        self._failure: MediaError | None = None

    def write(self, result: FrameResult) -> None:
        """Writes one frame."""
        self._rows += to_rows(result)
        if len(self._rows) >= _ROW_GROUP:
            self._flush()

    def finish(self) -> None:
        """Writes what is held; refuses a file with half a row group: no footer makes it valid."""
        if self._failure:
            raise self._failure
        if self._rows:
            self._flush()

    def _flush(self) -> None:
        rows, self._rows = self._rows, []
        columns = zip(zip(*rows, strict=True), SCHEMA, strict=True)
        arrays = [pa.array(values, field.type) for values, field in columns]
        try:
            with told(self._path, _WHEN_FULL):
                self._file.write_table(pa.Table.from_arrays(arrays, schema=SCHEMA))
        except MediaError as error:
            self._failure = error
            raise


@contextmanager
def open_parquet(path: Path) -> Iterator[ParquetWriter]:
    """Opens a Parquet file, compressed with Zstandard; it takes its name when the context ends."""
    ended: BaseException | None = None
    with told(path, _WHEN_FULL):
        if path.exists():
            raise FileExistsError
        with replacing(path) as beside, _create(beside) as file:
            writer = ParquetWriter(path, file)
            try:
                yield writer
            except BaseException as error:  # a job that is interrupted keeps its records, too
                ended = error
            writer.finish()
    if ended is not None:
        raise ended


def _create(path: Path) -> pq.ParquetWriter:
    return pq.ParquetWriter(path, SCHEMA, compression="zstd")


def read_parquet(path: Path) -> Records:
    """Reads a Parquet file; see `read_records`."""
    try:
        with pq.ParquetFile(path) as file:
            return _read(path, file)
    except (pa.ArrowException, OSError) as error:
        raise MediaError(
            f"{path}: cannot be read as Parquet ({_first_line(error)}); "
            "take the file as it was written."
        ) from None


def _read(path: Path, file: pq.ParquetFile) -> Records:
    for name in COLUMNS:
        if name not in file.schema_arrow.names:
            raise MediaError(f"{path}: it has no column '{name}'; give a file that Mien wrote.")
    parts: list[Records] = []
    first = 0
    for batch in file.iter_batches(_ROW_GROUP, columns=list(COLUMNS)):
        texts = {name: batch[name].cast(pa.string()).to_pylist() for name in TEXTS}
        numbers = {name: _numbers(path, name, batch) for name in COLUMNS if name not in TEXTS}
        parts.append(check(path, first, texts, numbers))
        first += len(batch)
    return join(path, parts)


def _numbers(path: Path, name: str, batch: pa.RecordBatch) -> Numbers:
    try:
        values: Numbers = batch[name].cast(pa.float64()).to_numpy(zero_copy_only=False)
        return values
    except pa.ArrowException as error:
        raise MediaError(
            f"{path}, column '{name}': no numbers ({_first_line(error)}); "
            "take the file as it was written."
        ) from None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
