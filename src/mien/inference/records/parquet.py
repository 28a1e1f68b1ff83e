"""Records as Parquet. The one module here that imports pyarrow, which is an extra."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mien.errors import MediaError
from mien.files import replacing
from mien.inference.records.checks import TAKE_AS_WRITTEN, Block, Numbers
from mien.inference.records.header import Header, newer_version, read_header
from mien.inference.records.layout import NEVER, VERSION, Column, Layout, Row
from mien.inference.records.table import Records, join
from mien.inference.records.writing import translate_errors
from mien.results import FrameResult

_ROW_GROUP = 16_384
_WHEN_FULL = (
    "nothing is kept of a Parquet file that was not finished; make room, or write .csv or .jsonl"
)
_VERSION_KEY = b"mien.records_version"


def arrow_schema(layout: Layout) -> pa.Schema:
    """Returns the Arrow schema of a layout."""
    version = {_VERSION_KEY: str(VERSION).encode()}
    return pa.schema([_field(column) for column in layout.columns], version)


def _field(column: Column) -> pa.Field:
    kind = {"text": pa.string(), "whole": pa.int64(), "number": pa.float32()}[column.kind]
    # Single precision tells a quarter of a second apart after a month of video.
    kind = pa.float64() if column.name == "time" else kind
    return pa.field(column.name, kind, nullable=column.empty != NEVER)


class ParquetWriter:
    """Buffers the rows of one row group and writes it once it is full.

    The first frame decides the columns.
    """

    def __init__(self, path: Path, target: Path, without_frames: Layout) -> None:
        self._path, self._target, self._without_frames = path, target, without_frames
        self._layout: Layout | None = None
        self._file: pq.ParquetWriter | None = None
        self._rows: list[Row] = []
        self._failure: MediaError | None = None

    def write(self, result: FrameResult) -> None:
        """Writes one frame."""
        self._layout = self._layout or replace(
            Layout.of(result), further=self._without_frames.further
        )
        self._rows += self._layout.to_rows(result)
        if len(self._rows) >= _ROW_GROUP:
            self._flush()

    def finish(self) -> None:
        """Writes the buffered rows; refuses a file whose last row group is cut off."""
        if self._failure:
            raise self._failure
        self._flush()
        self.close()

    def close(self) -> None:
        """Closes the file. May be repeated."""
        if self._file is not None:
            self._file.close()

    def _flush(self) -> None:
        rows, self._rows = self._rows, []
        schema = arrow_schema(self._layout or self._without_frames)
        columns = list(zip(*rows, strict=True)) or [()] * len(schema)
        arrays = [
            pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)
        ]
        try:
            with translate_errors(self._path, _WHEN_FULL):
                if self._file is None:
                    self._file = pq.ParquetWriter(self._target, schema, compression="zstd")
                self._file.write_table(pa.Table.from_arrays(arrays, schema=schema))
        except MediaError as error:
            self._failure = error
            raise


@contextmanager
def open_parquet(path: Path, layout: Layout) -> Iterator[ParquetWriter]:
    """Opens a Parquet file, compressed with Zstandard; it takes its name when the context ends.

    `layout` is for a file without frames.
    """
    ended: BaseException | None = None
    with translate_errors(path, _WHEN_FULL):
        if path.exists():
            raise FileExistsError
        with replacing(path) as beside:
            writer = ParquetWriter(path, beside, layout)
            try:
                yield writer
            except BaseException as error:  # a job that is interrupted keeps its records, too
                ended = error
            try:
                writer.finish()
            finally:
                writer.close()
    if ended is not None:
        raise ended


def read_parquet(path: Path) -> Records:
    """Reads a Parquet file; see `read_records`."""
    try:
        with pq.ParquetFile(path) as file:
            return _read(path, file)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise MediaError(
            f"cannot be read as Parquet ({_first_line(error)})",
            subject=path,
            remedy=TAKE_AS_WRITTEN,
        ) from None


def _read(path: Path, file: pq.ParquetFile) -> Records:
    written = (file.schema_arrow.metadata or {}).get(_VERSION_KEY, str(VERSION).encode())
    if written != str(VERSION).encode():
        raise newer_version(path)
    header = read_header(path, file.schema_arrow.names)
    no_rows = pa.RecordBatch.from_pylist([], schema=file.schema_arrow)
    parts = [_to_block(path, 0, header, no_rows).to_records()]  # keeps the columns of an empty file
    first = 0
    for batch in file.iter_batches(_ROW_GROUP):
        parts.append(_to_block(path, first, header, batch).to_records())
        first += len(batch)
    return join(parts)


def _to_block(path: Path, first: int, header: Header, batch: pa.RecordBatch) -> Block:
    texts = {name: batch[name].cast(pa.string()).to_pylist() for name in header.texts}
    numbers = {name: _numbers(path, name, batch) for name in header.numbers}
    extra = {name: batch[name].to_pylist() for name in header.extra}
    return Block(path, first, header, texts, numbers, extra)


def _numbers(path: Path, name: str, batch: pa.RecordBatch) -> Numbers:
    try:
        values: Numbers = batch[name].cast(pa.float64()).to_numpy(zero_copy_only=False)
        return values
    except pa.ArrowException as error:
        raise MediaError(
            f"{path}, column '{name}': no numbers ({_first_line(error)})",
            remedy=TAKE_AS_WRITTEN,
        ) from None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
