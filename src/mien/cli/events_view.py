"""Events on the terminal: a table, counts, and what is doubtful."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mien.cli.console import print_note, printable

if TYPE_CHECKING:
    from mien.study.events import Event

_MAX_PROBLEMS = 10  # that are printed; the rest are counted


def format_count(count: int) -> str:
    """Formats a number of events."""
    return f"{count} event{'' if count == 1 else 's'}"


def print_problems(problems: Sequence[str]) -> None:
    """Prints what is doubtful: the first few, then how many more."""
    for problem in problems[:_MAX_PROBLEMS]:
        print_note(f"warning: {problem}")
    if len(problems) > _MAX_PROBLEMS:
        print_note(f"warning: {len(problems) - _MAX_PROBLEMS} more")


def print_events(rows: "Sequence[Event]") -> None:
    """Prints a table with the columns that are not empty."""
    from rich.console import Console
    from rich.table import Table

    from mien.study.events.payload import TEXTS

    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("onset", justify="right")
    table.add_column("duration", justify="right")
    texts = [name for name in TEXTS if any(getattr(event, name) for event in rows)]
    for name in texts:
        table.add_column(name, overflow="fold")
    excludes = any(event.excluded for event in rows)
    if excludes:
        table.add_column("excluded")
    for event in rows:
        cells = [printable(getattr(event, name), console) for name in texts]
        last = ["yes" if event.excluded else ""] if excludes else []
        times = f"{event.onset:.3f}", f"{event.duration:.3f}" if event.duration else "moment"
        table.add_row(*times, *map(_plain, [*cells, *last]))
    console.print(table)


def _plain(text: str) -> str:
    """Escapes what rich would take for markup."""
    from rich.markup import escape

    return escape(text)
