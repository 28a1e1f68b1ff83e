"""Records of what was displayed, as files: of a session, or of frames that a page sends."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from mien.clocks import clock_at
from mien.errors import MediaError, StudyError
from mien.inference.records import Layout, open_records
from mien.inference.records.layout import Row
from mien.inference.records.line_writer import encode_lines
from mien.results import Face, FrameResult
from mien.server.errors import ConflictError
from mien.server.store import Store
from mien.server.store.recordings import events_of, names_of, study_columns
from mien.server.store.sessions import Session
from mien.storage.errors import DiskFullError
from mien.study.codebook import describe_columns, tabulate_events
from mien.study.events import Event
from mien.study.tables import Table, TableColumn, write_tables

LINES = ("csv", "jsonl")
"""The formats that need no file: what was written before is never changed."""

_MOST_ROWS = 1_048_575  # of a sheet of Excel, less the header


@dataclass(frozen=True, slots=True)
class RecordFile:
    """What a file of records holds.

    Attributes:
        results: frame by frame; each has `labels` and `attributes`.
        labels: of the model.
        attributes: the names of what was measured.
        prior: whether base rates other than the model's own were given.
        detector: whether the detector is known.
        events: that hold, in order of onset.
        names: of people, by person id.
        check: called now and then while the file is made; what it raises ends the work.
    """

    results: Iterable[FrameResult]
    labels: tuple[str, ...]
    attributes: tuple[str, ...]
    prior: bool
    detector: bool
    events: Sequence[Event] = ()
    names: Mapping[int, str] = field(default_factory=dict)
    check: Callable[[], None] = lambda: None

    @property
    def layout(self) -> Layout:
        """The columns: those of `mien predict`, then those of a study."""
        further = study_columns(self.names, self.events)
        return Layout(self.labels, self.attributes, self.prior, self.detector, further=further)

    def encode(self, kind: str) -> Iterator[bytes]:
        """Yields the bytes of the records as lines, in "csv" or "jsonl"; see `write`."""
        return encode_lines(kind, self.layout, self._checked(self.results))

    def write(self, path: Path) -> None:
        """Writes the records as Parquet, or as Excel with what belongs to them.

        Further columns name each face's person, the events and the condition that hold, and
        whether an event excludes the row. Excel has sheets of the events, the people and a
        codebook, too.

        Args:
            path: the file; its suffix is the format.

        Raises:
            ConflictError: there are more rows than a sheet of Excel holds.
            MediaError: the format needs a library that is not installed.
            DiskFullError: the disk is full.
        """
        if path.suffix == ".xlsx":
            with hiding_paths(path):
                self._write_workbook(path)
            return
        opened = open_records(path, self.layout)
        with hiding_paths(path), opened as records:
            for result in self._checked(self.results):
                records.write(result)

    def _write_workbook(self, path: Path) -> None:
        layout = self.layout
        results = self._checked(self.results)
        rows = [row for result in results for row in layout.to_rows(result)]
        check_sheet(len(rows))
        # The descriptions that Mien's own columns have, and those of the further ones.
        own = describe_columns(replace(layout, further=()))
        further = (TableColumn(it.name, it.description, "", it.empty) for it in layout.further)
        people = (TableColumn("person", "the person id"), TableColumn("name", "of the person"))
        tables = (
            Table("records", (*own, *further), _CheckedRows(rows, self.check)),
            tabulate_events(self.events),
            Table("people", people, sorted(self.names.items())),
        )
        write_tables(path, tables)

    def _checked(self, results: Iterable[FrameResult]) -> Iterator[FrameResult]:
        for result in results:
            self.check()
            yield result


class _CheckedRows(list[Row]):
    """Rows that call a function before each, for it takes long to write them to Excel."""

    def __init__(self, rows: Iterable[Row], check: Callable[[], None]) -> None:
        super().__init__(rows)
        self._check = check

    def __iter__(self) -> Iterator[Row]:
        for row in super().__iter__():
            self._check()
            yield row


def check_sheet(rows: int) -> None:
    """Refuses what a sheet of Excel does not hold.

    Raises:
        ConflictError: there are too many rows.
    """
    if rows > _MOST_ROWS:
        raise ConflictError(
            f"there are {rows:,} rows; a sheet of Excel holds {_MOST_ROWS:,}",
            remedy="download CSV or Parquet",
        )


def records_of(store: Store, session: int) -> RecordFile:
    """Returns the records of a session; its frames are read as they are asked for.

    Raises:
        UnknownItemError: there is no such session; or, from the frames, it is deleted meanwhile.
    """
    found = store.sessions.get(session)
    return RecordFile(
        results=frame_results(store, found),
        labels=found.labels,
        attributes=found.attributes,
        prior=bool(found.prior),
        detector=bool(found.detector),
        events=events_of(store, found),
        names=names_of(store, session),
    )


def frame_results(store: Store, session: Session) -> Iterator[FrameResult]:
    """Yields the result of every frame of a session; merged people have one person id.

    Raises:
        UnknownItemError: the session was deleted before its last frame was read.
    """
    width, height = session.width or 0, session.height or 0
    for frame in store.faces.all(session.id):
        faces: tuple[Face, ...] = tuple(face for _, face in frame.faces)
        source = frame.source or session.name
        yield FrameResult(
            *(source, width, height, faces, frame.frame, frame.time),
            labels=session.labels,
            attributes=session.attributes,
            prior=session.prior,
            detector=session.detector,
            clock=clock_at(session.clock, frame.time),
        )
    store.sessions.get(session.id)  # frames that end because they are deleted are no whole session


@contextmanager
def hiding_paths(path: Path) -> Iterator[None]:
    """Turns errors of writing into ones that tell clients no path of this machine."""
    try:
        yield
    except (MediaError, StudyError) as error:
        if error.subject is None:  # it names a library that is not installed
            raise
        raise DiskFullError(error.reason, subject=path.name, remedy=error.remedy) from None
