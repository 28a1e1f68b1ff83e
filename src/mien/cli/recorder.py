"""The file of `--records`, which one command opens once for all that it looks at."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from mien.cli.console import remove_file
from mien.results import FrameResult

if TYPE_CHECKING:
    from mien.inference.analyzer import Analyzer
    from mien.inference.records import RecordWriter


class Recorder:
    """Writes results to the file of `--records`, opened when there is something to record.

    Args:
        path: of the file; None records nothing.
        analyzer: whose results come.
        force: whether a file that is there is replaced.
    """

    def __init__(self, path: Path | None, analyzer: "Analyzer", force: bool) -> None:
        self._path, self._layout, self._force = path, analyzer.layout, force
        self._writer: RecordWriter | None = None
        self._files = ExitStack()

    def open(self) -> None:
        """Opens the file, once.

        Raises:
            MediaError: it exists or cannot be written.
        """
        if self._path is None or self._writer is not None:
            return
        from mien.inference.records import open_records

        opened = open_records(self._path, self._layout)  # refuses what no records can be
        if self._force:
            remove_file(self._path, "give --records another file")
        self._writer = self._files.enter_context(opened)

    def write(self, result: FrameResult) -> None:
        """Records a result.

        Raises:
            MediaError: the file cannot be written.
        """
        if self._writer is not None:
            self._writer.write(result)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        self._files.__exit__(*error)
