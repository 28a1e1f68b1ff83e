"""CSV that people open in a spreadsheet: the one place where its cells are written.

A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@` as a formula, and a tab or a line
end before them hides that. Such text is led by an apostrophe (OWASP, "CSV Injection"), which Mien's
readers remove; numbers stay numbers, negative ones too.
"""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_cells(rows: Iterable[Sequence[object]], delimiter: str = ",", end: str = "\n") -> str:
    r"""Returns rows as CSV, or as TSV with a tab for its delimiter.

    Args:
        rows: of texts, which are guarded, and of numbers, which are not; None is an empty cell.
        delimiter: between two cells.
        end: of a line. A lone carriage return is quoted only where it is `\r\n`.
    """
    text = StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerows(
        [guard(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
    )
    return text.getvalue()


def guard(text: str) -> str:
    """Returns text led by an apostrophe where a spreadsheet would run it.

    Text that a reader would take for guarded gets a second apostrophe, so that `unguard` gives any
    text back.

    Example:
        >>> guard("=1+1"), unguard("'=1+1"), guard("'=1+1")
        ("'=1+1", '=1+1', "''=1+1")
    """
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def unguard(text: str) -> str:
    """Returns what was guarded."""
    guarded = text.startswith("'") and text.lstrip("'").startswith(_FORMULA)
    return text[1:] if guarded else text
