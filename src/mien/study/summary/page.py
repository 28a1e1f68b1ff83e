"""The summary as one self-contained page: tables, plots, and how each figure was computed."""

import os
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from math import isnan
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

from mien.design import inline_style
from mien.errors import StudyError
from mien.files import replacing
from mien.study.bootstrap import DRAWS
from mien.study.summary.contrasts import EXACT_PEOPLE, FLIPS, SEED
from mien.study.summary.plots import draw_plots
from mien.study.summary.summarize import Summary
from mien.study.tables import Table, TableColumn, Value

MOST_ROWS = 500
"""Of a table in the page; the files have all."""

_FURTHER = {"latencies": "Latencies after events"}


def write_page(
    summary: Summary, path: str | os.PathLike[str], title: str = "Summary of expressions"
) -> Path:
    """Writes the page. It needs no network and runs no script.

    Args:
        summary: to show.
        path: the page to write, or to replace.
        title: of the page.

    Returns:
        The path.

    Raises:
        StudyError: the page cannot be written.
    """
    path = Path(path)
    try:
        with replacing(path) as beside:
            beside.write_text(_render(summary, title), "utf-8", errors="backslashreplace")
    except OSError as error:
        raise StudyError(
            f"cannot be written ({error.strerror or error})",
            subject=path,
            remedy="choose another place for the page",
        ) from None
    return path


def _render(summary: Summary, title: str) -> str:
    plots = draw_plots(summary)
    shown = {table.name: _show(table) for table in summary.tables}
    groups = shown["groups"]
    people = len(summary.people)
    return _template().render(
        title=title,
        style=inline_style() + _read("page.css"),
        people=f"{people} {'person' if people == 1 else 'people'}",
        notes=summary.notes,
        groups=groups,
        any_poor=any(row["poor"] for row in groups["rows"]),
        plots=plots,
        tables={**shown, **{plot.name: shown.get(plot.table) for plot in plots}},
        further=[item for item in _FURTHER.items() if item[0] in shown],
        codebook=list(shown.values()),
        draws=f"{DRAWS:,}",
        seed=SEED,
        exact=EXACT_PEOPLE,
        flips=f"{FLIPS:,}",
    )


def _show(table: Table) -> dict[str, Any]:
    """Returns a table as the template needs it, columns without any value left out."""
    kept = [
        at
        for at in range(len(table.columns))
        if not table.rows or any(_to_text(row[at]) for row in table.rows)
    ]
    note = table.names.index("note") if "note" in table.names else None
    columns = [_show_column(table.columns[at], [row[at] for row in table.rows]) for at in kept]
    rows = [
        {
            "cells": [_to_text(row[at]) for at in kept],
            "poor": bool(note is not None and row[note]),
        }
        for row in table.rows[:MOST_ROWS]
    ]
    more = max(len(table.rows) - MOST_ROWS, 0)
    return {"name": table.name, "columns": columns, "rows": rows, "more": more}


def _show_column(column: TableColumn, values: Sequence[Value]) -> dict[str, object]:
    unit = f" ({column.unit})" if column.unit else ""
    missing = f"; empty: {column.missing}" if column.missing else ""
    return {
        "title": column.name,
        "about": f"{column.description}{unit}{missing}",
        "number": any(isinstance(value, float | int) for value in values),
    }


def _to_text(value: Value) -> str:
    if value is None or (isinstance(value, float) and isnan(value)):
        return ""
    return f"{value:.3f}".replace("-", "\u2212") if isinstance(value, float) else str(value)


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_read("page.html"))


@cache
def _read(name: str) -> str:
    return files("mien.study.summary").joinpath(name).read_text("utf-8")
