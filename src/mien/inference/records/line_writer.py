"""Writes records as lines of text, CSV or JSON: whole lines in the file after every frame."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from io import FileIO
from pathlib import Path

from mien.errors import MediaError
from mien.inference.records.layout import Layout, Row
from mien.inference.records.writing import translate_errors
from mien.results import FrameResult
from mien.sheets import write_cells

_WHEN_FULL = "the records before are kept; make room and start again with a new file"


class LineWriter:
    """Appends each frame with one system call, so that a kill leaves whole lines.

    The first frame decides the columns.
    """

    def __init__(
        self,
        path: Path,
        file: FileIO,
        header: Callable[[Layout], str],
        encode: Callable[[Layout, list[Row]], str],
        without_frames: Layout,
    ) -> None:
        self._path, self._file, self._header, self._encode = path, file, header, encode
        self._layout: Layout | None = None
        self._without_frames = without_frames

    def write(self, result: FrameResult) -> None:
        """Writes one frame."""
        layout, header = self._layout, ""
        if layout is None:
            layout = replace(Layout.of(result), further=self._without_frames.further)
            header = self._header(layout)
        self._append(header + self._encode(layout, layout.to_rows(result)))
        self._layout = layout

    def finish(self) -> None:
        """Writes the header of a file without frames."""
        if self._layout is None:
            self._append(self._header(self._without_frames))

    def _append(self, text: str) -> None:
        """Writes text, or nothing of it where the disk is full."""
        rest = memoryview(text.encode())
        whole = self._file.tell()
        with translate_errors(self._path, _WHEN_FULL):
            try:
                while rest:
                    rest = rest[self._file.write(rest) :]
            except OSError:
                self._file.truncate(whole)
                self._file.seek(whole)
                raise


def open_csv(path: Path, layout: Layout) -> AbstractContextManager[LineWriter]:
    """Opens a CSV file, whose first line names the columns; `layout` is for one without frames."""

    def header(used: Layout) -> str:
        return write_cells([used.names])

    return _open(path, header, lambda _, rows: write_cells(rows), layout)


def open_jsonl(path: Path, layout: Layout) -> AbstractContextManager[LineWriter]:
    """Opens a file of one JSON object a line; without frames it is empty, whatever the layout."""
    return _open(path, lambda _: "", _to_jsonl, layout)


@contextmanager
def _open(
    path: Path,
    header: Callable[[Layout], str],
    encode: Callable[[Layout, list[Row]], str],
    without_frames: Layout,
) -> Iterator[LineWriter]:
    with translate_errors(path, _WHEN_FULL):
        file = path.open("xb", buffering=0)
    with file:
        writer = LineWriter(path, file, header, encode, without_frames)
        try:
            yield writer
        finally:
            _finish(path, writer)


def _finish(path: Path, writer: LineWriter) -> None:
    try:
        writer.finish()
    except MediaError:  # not even the header fits
        path.unlink()
        raise


def encode_lines(kind: str, layout: Layout, results: Iterable[FrameResult]) -> Iterator[bytes]:
    """Yields the bytes of a file of lines, frame by frame, for where there is no file.

    Args:
        kind: "csv" or "jsonl".
        layout: of the results.
        results: frame by frame.
    """
    if kind == "csv":
        yield write_cells([layout.names]).encode()
    for result in results:
        rows = layout.to_rows(result)
        yield (write_cells(rows) if kind == "csv" else _to_jsonl(layout, rows)).encode()


def _to_jsonl(layout: Layout, rows: list[Row]) -> str:
    objects = (dict(zip(layout.names, row, strict=True)) for row in rows)
    return "".join(
        json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n" for record in objects
    )
