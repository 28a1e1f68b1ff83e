"""A study's results on the terminal: agreement, shares and contrasts."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mien.cli.console import printable

if TYPE_CHECKING:
    from mien.study.design import Results

Row = Mapping[str, Any]


def print_results(results: "Results") -> None:
    """Prints all tables of a study, each figure with its 95 % interval."""
    console = Console(highlight=False)
    rows = {
        table.name: [dict(zip(table.names, row, strict=True)) for row in table.rows]
        for table in results.tables
    }
    if rows["agreement"]:
        console.print(Text("Agreement; [95 % interval over people]", "bold"))
        console.print(_agreement(rows["agreement"], console))
    _print_figures(rows["shares"], ("condition",), "share", console)
    _print_figures(rows["contrasts"], ("first", "second"), "difference", console)


def _agreement(rows: Sequence[Row], console: Console) -> Table:
    names = {"agreement": "agreement", "kappa": "kappa", "ac1": "AC1", "alpha": "alpha"}
    table = _empty("", "n", *names.values())
    for row in rows:
        pair = printable(f"{row['first']}, {row['second']}", console)
        figures = (_figure(row, name, f"{name}_low", f"{name}_high", 2) for name in names)
        table.add_row(pair, f"{row['count']}", *figures)
    return table


def _print_figures(
    rows: Sequence[Row], group: Sequence[str], figure: str, console: Console
) -> None:
    """Prints a table for each group of rows: labels down, methods across."""
    groups: dict[str, dict[str, dict[str, Row]]] = {}
    for row in rows:
        title = " less ".join(str(row[name]) for name in group)
        labels = groups.setdefault(title, {})
        labels.setdefault(row["label"], {})[row["method"]] = row
    for title, labels in groups.items():
        methods = next(iter(labels.values()))
        last = list(methods.values())[-1]
        console.print()
        console.print(Text(printable(title, console), "bold"), Text(_counts(last), "dim"))
        table = _empty("", *methods)
        for label, own in labels.items():
            figures = (_figure(row, figure, "low", "high") for row in own.values())
            table.add_row(printable(label, console), *figures)
        console.print(table)


def _counts(row: Row) -> str:
    return f"{row['coded']} of {row['stretches']} stretches coded; people: {row['people']}"


def _figure(row: Row, name: str, low: str, high: str, digits: int = 3) -> str:
    if math.isnan(row[name]):
        return "-"
    if math.isnan(row[low]):
        return _short(row[name], digits)
    limits = _short(row[low], digits), _short(row[high], digits)
    return f"{_short(row[name], digits)} [{limits[0]}, {limits[1]}]"


def _short(value: float, digits: int) -> str:
    """Formats a figure between -1 and 1.

    Example:
        >>> _short(0.1234, 3), _short(-0.0001, 2), _short(1.0, 2)
        ('.123', '.00', '1.00')
    """
    rounded = round(value, digits) + 0.0  # not -0.0
    text = f"{rounded:.{digits}f}"
    return text.replace("0.", ".", 1) if abs(rounded) < 1 else text


def _empty(*names: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in names:
        table.add_column(name)
    return table
