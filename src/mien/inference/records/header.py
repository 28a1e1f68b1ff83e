"""The header of a file of records: which columns the file has, and what they mean."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mien.emotions import EMOTIONS
from mien.errors import MediaError
from mien.inference.records.layout import (
    ATTRIBUTE,
    CLOCK,
    DETECTOR,
    PRIOR,
    RAW,
    VERSION,
    Kind,
    Layout,
)

VERSION_COLUMN = "records_version"
"""In a text file of a later version that this version would misread."""


@dataclass(frozen=True, slots=True)
class Header:
    """The names of a file's columns, and the layout that they ask for.

    Attributes:
        layout: of the known columns; its optional ones may be absent from the file.
        names: all columns of the file, in its order.
    """

    layout: Layout
    names: tuple[str, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The known columns of text that the file has."""
        return self._present("text")

    @property
    def numbers(self) -> tuple[str, ...]:
        """The known columns of numbers that the file has."""
        return self._present("whole", "number")

    @property
    def extra(self) -> tuple[str, ...]:
        """The columns of the file that the layout does not know."""
        known = frozenset(self.layout.names)
        return tuple(name for name in self.names if name not in known)

    def _present(self, *kinds: Kind) -> tuple[str, ...]:
        present = frozenset(self.names)
        return tuple(
            column.name
            for column in self.layout.columns
            if column.kind in kinds and column.name in present
        )


def read_header(path: Path, names: Sequence[str]) -> Header:
    """Returns the header of a file with these columns.

    Args:
        path: the file; errors name it.
        names: of its columns.

    Raises:
        MediaError: a required column is absent, two columns have the same name, or the columns are
            of a later version.
    """
    _refuse_duplicates(path, names)
    if VERSION_COLUMN in names:
        raise newer_version(path)
    header = Header(layout_of(names), tuple(names))
    for column in header.layout.columns:
        if column.required and column.name not in names:
            raise MediaError(
                f"it has no column '{column.name}'",
                subject=path,
                remedy="choose a file that Mien wrote",
            )
    return header


def _refuse_duplicates(path: Path, names: Sequence[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise MediaError(
                f"it has {count} columns '{name}'",
                subject=path,
                remedy="rename or remove all but one",
            )


def layout_of(names: Sequence[str]) -> Layout:
    """Returns the layout that the names of a file's columns ask for.

    Labels keep the order of the file; those of FER2013 keep theirs, whatever the order of the file.
    """
    labels = tuple(name.removeprefix(RAW) for name in names if name.startswith(RAW))
    if set(labels) == set(EMOTIONS):
        labels = EMOTIONS
    attributes = (name.removeprefix(ATTRIBUTE) for name in names if name.startswith(ATTRIBUTE))
    return Layout(
        labels or EMOTIONS,
        tuple(attributes),
        prior=PRIOR in names,
        detector=DETECTOR in names,
        clock=CLOCK in names,
    )


def newer_version(path: Path) -> MediaError:
    """Returns the error for a file whose columns mean something else than those known here."""
    return MediaError(
        f"written by a newer Mien; this one reads records of version {VERSION}",
        subject=path,
        remedy="update Mien",
    )
