"""Tables out: CSV, Parquet or Excel, each with a codebook that says what its columns mean."""

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mien.errors import MienError, StudyError
from mien.files import replacing
from mien.sheets import write_cells

Value = str | float | int | bool | None
SUFFIXES = (".csv", ".parquet", ".xlsx")
CODEBOOK_SUFFIX = ".codebook.csv"
"""What the columns of `talk.csv` mean is in `talk.codebook.csv` beside it."""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of a table, as the codebook describes it.

    Attributes:
        name: as files have it.
        description: what it holds, in one line.
        unit: "seconds", "probability", "people" and so on; empty for text and pure numbers.
        missing: when it is empty, in a few words; empty for never.
    """

    name: str
    description: str
    unit: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of named columns.

    Attributes:
        name: of the sheet in Excel, and of the file where several tables are written: "contrasts".
        columns: in the order in which they are written.
        rows: each with a value a column; None and NaN are written as empty.
    """

    name: str
    columns: tuple[TableColumn, ...]
    rows: Sequence[Sequence[Value]]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(column.name for column in self.columns)


def write_tables(path: str | os.PathLike[str], tables: Sequence[Table]) -> list[Path]:
    """Writes tables, and their codebook, by the path's suffix.

    Excel holds all tables in one file, the codebook in its last sheet. CSV and Parquet hold the
    first table at `path`, any other at `STEM.NAME.csv`, and the codebook at `STEM.codebook.csv`.
    Files that stand there are replaced.

    Returns:
        The written files.

    Raises:
        StudyError: the suffix is another, the file cannot be written, or a library is missing.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise StudyError(
            f"tables end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}",
            subject=path,
            remedy="choose one of these",
        )
    try:
        if path.suffix.lower() == ".xlsx":
            with TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
                return [_replace(path, _excel((*tables, codebook(tables)), Path(folder)))]
        return _write_files(path, tables)
    except OSError as error:
        raise StudyError(
            f"cannot be written ({error.strerror or error})",
            subject=path,
            remedy="choose another place for it",
        ) from None


def codebook(tables: Sequence[Table]) -> Table:
    """Returns the table that describes the columns of others."""
    columns = (
        TableColumn("table", "the table that has the column"),
        TableColumn("column", "its name"),
        TableColumn("description", "what it holds"),
        TableColumn("unit", "of its values", missing="text or a pure number"),
        TableColumn("missing", "when it is empty", missing="never"),
    )
    rows = [
        (table.name, column.name, column.description, column.unit, column.missing)
        for table in tables
        for column in table.columns
    ]
    return Table("codebook", columns, rows)


def to_csv(table: Table, delimiter: str = ",") -> str:
    """Returns a table as CSV, or as TSV with a tab for its delimiter.

    Text that a spreadsheet would take for a formula is guarded; see `mien.sheets`.
    """
    rows = ([_to_cell(value) for value in row] for row in table.rows)
    return write_cells([table.names, *rows], delimiter)


def _to_cell(value: Value) -> str | float | None:
    """Returns a cell: text as it is, and numbers to 10 digits, which stay numbers."""
    value = _known(value)
    if isinstance(value, bool):
        return int(value)
    if not isinstance(value, float):
        return value
    rounded = float(f"{value:.10g}")
    return int(rounded) if rounded.is_integer() else rounded


def _known(value: Value) -> Value:
    return None if isinstance(value, float) and math.isnan(value) else value


def _write_files(path: Path, tables: Sequence[Table]) -> list[Path]:
    encode = _parquet if path.suffix.lower() == ".parquet" else _csv
    places = [path, *(path.with_suffix(f".{table.name}{path.suffix}") for table in tables[1:])]
    written = [_replace(place, encode(table)) for place, table in zip(places, tables, strict=True)]
    beside = path.with_suffix(CODEBOOK_SUFFIX)
    return [*written, _replace(beside, _csv(codebook(tables)))]


def _replace(path: Path, content: bytes) -> Path:
    with replacing(path) as beside:
        beside.write_bytes(content)
    return path


def _csv(table: Table) -> bytes:
    return to_csv(table).encode("utf-8")


def _parquet(table: Table) -> bytes:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise _missing(error, "parquet") from None
    values = {
        name: [_known(row[place]) for row in table.rows] for place, name in enumerate(table.names)
    }
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(values), sink, compression="zstd")
    return bytes(sink.getvalue())


def _excel(tables: Sequence[Table], folder: Path) -> bytes:
    """Returns a workbook.

    Args:
        tables: one for each sheet.
        folder: for openpyxl's temporary files, which would else be in the system's folder, and
            stay there after an error.
    """
    try:
        from openpyxl import Workbook  # noqa: PLC0415 - an extra
        from openpyxl.worksheet._writer import WorksheetWriter  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise _missing(error, "study") from None
    from io import BytesIO  # noqa: PLC0415

    class Writer(WorksheetWriter):  # type: ignore[misc]
        def cleanup(self) -> None:
            """Leaves the file to its folder."""

    book = Workbook(write_only=True)
    for table in tables:
        sheet = book.create_sheet(table.name[:31])
        sheet._writer = Writer(sheet, str(folder / table.name))
        sheet._writer.write_top()
        with _closing_rows(sheet):
            sheet.append(table.names)
            for row in table.rows:
                sheet.append([_cell(value) for value in row])
    sink = BytesIO()
    book.save(sink)
    return sink.getvalue()


@contextmanager
def _closing_rows(sheet: Any) -> Iterator[None]:
    """Ends openpyxl's generator of rows after an error, while its file is still open."""
    try:
        yield
    except BaseException:
        sheet._rows.close()
        raise


def _cell(value: Value) -> Value:
    """Returns a cell; text stays text, whatever it begins with, and has no control character."""
    value = _known(value)
    if isinstance(value, str):
        value = "".join(letter for letter in value if letter >= " " or letter in "\t\n\r")
        return f"'{value}" if value.startswith("=") else value
    return value


def _missing(error: ModuleNotFoundError, extra: str) -> MienError:
    return StudyError(
        f"this format needs '{error.name}', which is not installed",
        remedy=f"install it with: pip install 'mien[{extra}]', or name a .csv file",
    )
