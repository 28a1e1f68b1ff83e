"""Records of who displayed which expression, when: a table, one row a face a frame.

`mien.inference.records.layout` has the columns; docs/records.md shows them.

A frame without a face is one row that is empty from `person` on, so that a timeline has no hole.
The format follows the file's name: `.csv`, `.jsonl` (JSON Lines, one flat object a row, null where
empty) or `.parquet`. docs/records.md tells how other programs read them.
"""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from mien.errors import MediaError
from mien.inference.records.layout import Layout
from mien.inference.records.line_reader import read_csv, read_jsonl
from mien.inference.records.line_writer import open_csv, open_jsonl
from mien.inference.records.table import Records
from mien.inference.records.writing import RecordWriter

__all__ = ["Layout", "RecordWriter", "Records", "open_records", "read_records"]


@dataclass(frozen=True, slots=True)
class Format:
    """How records of one format are written and read.

    Attributes:
        open: takes a path and the layout of a file without frames; returns a context manager.
        read: takes a path.
    """

    open: Callable[[Path, Layout], AbstractContextManager[RecordWriter]]
    read: Callable[[Path], Records]


def open_records(
    path: str | os.PathLike[str], layout: Layout | None = None
) -> AbstractContextManager[RecordWriter]:
    """Opens a new file of records, in a `with` block: `records.write(result)`, frame by frame.

    CSV and JSON Lines reach the file with each frame, so that a killed job keeps every finished
    frame; if the disk fills up, the frame that did not fit is cut off. Parquet is written beside
    `path` and takes its name at the end, however the `with` block ends; if the job is killed or
    the disk fills up, nothing is kept. Memory is bounded in each format.

    Args:
        path: a file that does not exist yet; its suffix is `.csv`, `.jsonl` or `.parquet`.
        layout: of a file that no frame is written to; None for FER2013's labels. The first frame
            decides the columns otherwise.

    Returns:
        A context manager; its writer's `write` takes one `FrameResult` after the other.

    Raises:
        MediaError: the suffix is another, the file exists already or cannot be written, the disk
            is full, or pyarrow, which Parquet needs, is not installed.
    """
    path = Path(path)
    return _choose(path).open(path, layout or Layout())


def read_records(path: str | os.PathLike[str]) -> Records:
    """Reads a file of records whole: about 120 bytes a row in memory.

    A last line of CSV or JSON Lines without a line end was cut off by a kill and is dropped.
    Columns may stand in any order. An optional column that is absent reads as empty, and one that
    Mien does not know is carried through in `Records.extra`.

    Args:
        path: a file that `open_records` wrote.

    Raises:
        MediaError: the file cannot be read, has another suffix, lacks a column or has a bad
            value; the message names the row, counted from 1, and the column.
    """
    path = Path(path)
    return _choose(path).read(path)


def _choose(path: Path) -> Format:
    """Returns the format that a file's suffix names."""
    suffix = path.suffix.lower()
    if suffix not in _FORMATS:
        *others, last = _FORMATS
        raise MediaError(
            f"records end in {', '.join(others)} or {last}",
            subject=path,
            remedy="rename it to one of these",
        )
    return _FORMATS[suffix](path)


def _parquet(path: Path) -> Format:
    try:
        from mien.inference.records import parquet  # noqa: PLC0415 - pyarrow is an extra
    except ModuleNotFoundError as error:
        raise MediaError(
            f"Parquet needs '{error.name}', which is not installed",
            subject=path,
            remedy="install it with: pip install 'mien[parquet]', or name a .csv or .jsonl file",
        ) from None
    return Format(parquet.open_parquet, parquet.read_parquet)


_FORMATS: dict[str, Callable[[Path], Format]] = {
    ".csv": lambda _: Format(open_csv, read_csv),
    ".jsonl": lambda _: Format(open_jsonl, read_jsonl),
    ".parquet": _parquet,
}
"""Returns the format of each suffix."""
