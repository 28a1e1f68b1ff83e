"""Tables with a header in CSV or TSV: their delimiter, cells, numbers, and where an error is."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from mien.errors import StudyError
from mien.sheets import unguard, write_cells
from mien.study.events.text import parse_time, read_text

MISSING = ("", "n/a", "N/A", "None", "--", "NULL")
"""What stands for no time."""

_COMMA = re.compile(r"[-+]?\d+,\d+")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet, with the line that it starts in."""

    path: Path
    line: int
    cells: dict[str, str]
    decimal_commas: dict[str, bool]

    def text(self, name: str) -> str:
        """Returns a cell; empty where the sheet lacks the column."""
        return unguard(self.cells.get(name, ""))

    def number(self, name: str) -> float | None:
        """Returns a time, in the sheet's unit; None where the cell is empty.

        Raises:
            StudyError: it is neither a number nor a time.
        """
        text = self.cells.get(name, "").strip()
        if text in MISSING:
            return None
        if _COMMA.fullmatch(text):
            text = self._point(name, text)
        value = parse_time(text)
        if value is None:
            raise self.error(
                f"'{text}' is no time", "use seconds such as 1.5, or 00:01:02.500", name
            )
        return value

    def error(self, reason: str, remedy: str, column: str = "") -> StudyError:
        """Returns the error for this row."""
        place = f"{self.path}, line {self.line}" + (f", column {column}" if column else "")
        return StudyError(reason, subject=place, remedy=remedy)

    @contextmanager
    def located(self) -> Iterator[None]:
        """Names this row in errors that the block raises."""
        try:
            yield
        except StudyError as error:
            raise self.error(error.reason, error.remedy or "check the row") from None

    def _point(self, name: str, text: str) -> str:
        if not self.decimal_commas[name]:
            raise self.error(
                f"'{text}' may be {text.replace(',', '')} or {text.replace(',', '.')}",
                "write decimals with a point",
                name,
            )
        return text.replace(",", ".")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as text.

    Attributes:
        path: of its file.
        names: of its columns.
        rows: those that are not empty.
    """

    path: Path
    names: tuple[str, ...]
    rows: tuple[Row, ...] = field(repr=False)


def read_sheet(path: Path, first: Sequence[str] = ()) -> Sheet:
    """Reads a table; its delimiter is the one of `,`, `;` and tab that its header has most of.

    Args:
        path: of the file.
        first: columns that the header has. Lines before it are left out; with none, the header is
            the first line.

    Raises:
        StudyError: it cannot be read, a quote is open, two columns have one name, or a row has
            more cells than the header.
    """
    lines = _split(path, read_text(path), first)
    _, header = next(lines, (0, []))
    names = tuple(name.strip() for name in header)
    doubled = {name for name in names if name and names.count(name) > 1}
    if doubled:
        raise StudyError(
            f"two columns are named '{min(doubled)}'", subject=path, remedy="rename one of them"
        )
    found = [(line, cells) for line, cells in lines if any(cell.strip() for cell in cells)]
    commas = {
        name: _are_decimal(cells[at] for _, cells in found if at < len(cells))
        for at, name in enumerate(names)
    }
    return Sheet(
        path, names, tuple(_row(path, line, names, cells, commas) for line, cells in found)
    )


def header_of(start: str) -> list[str]:
    """Returns the cells of the first line of a text."""
    line = start.split("\n", 1)[0]
    return [cell.strip().strip('"') for cell in line.split(_delimiter(line))]


def write_sheet(
    names: Sequence[str], rows: Iterable[Sequence[object]], delimiter: str = ","
) -> str:
    """Returns a table as text; cells that a spreadsheet would take for a formula are guarded."""
    # The csv module quotes a lone carriage return only where lines end in one, as RFC 4180 says.
    end = "\r\n" if delimiter == "," else "\n"
    return write_cells([names, *rows], delimiter, end)


def _split(path: Path, text: str, first: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Yields the cells of each row from the header on, and the line in which it starts."""
    lines = text.split("\n")
    at = next((at for at, line in enumerate(lines) if set(first) <= set(header_of(line))), 0)
    rest = text.split("\n", at)[-1]
    reader = csv.reader(StringIO(rest, newline=""), delimiter=_delimiter(lines[at]), strict=True)
    before = 0
    try:
        for cells in reader:
            yield at + before + 1, cells
            before = reader.line_num
    except csv.Error as error:
        raise StudyError(
            f"its quotes do not match ({error})",
            subject=f"{path}, line {at + before + 1}",
            remedy="close each quote, and write a quote within a cell twice",
        ) from None


def _delimiter(line: str) -> str:
    return max(",;\t", key=line.count)


def _are_decimal(cells: Iterable[str]) -> bool:
    """Returns whether commas in a column of numbers can only be decimal ones: not all by three."""
    return any(
        len(text.split(",")[1]) != 3 or text.lstrip("+-").startswith("0")
        for text in map(str.strip, cells)
        if _COMMA.fullmatch(text)
    )


def _row(
    path: Path, line: int, names: Sequence[str], cells: Sequence[str], commas: dict[str, bool]
) -> Row:
    row = Row(path, line, dict(zip(names, cells, strict=False)), commas)
    if any(cell.strip() for cell in cells[len(names) :]):
        raise row.error(
            f"it has {len(cells)} cells, but the header has {len(names)}",
            "write decimals with a point, and text with a comma in quotes",
        )
    return row
