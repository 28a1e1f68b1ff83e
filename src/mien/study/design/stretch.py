"""A stretch of a study, and the table of those to code: blind, without a label of the model's."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

from mien.errors import StudyError
from mien.study.events.cells import Row, read_sheet, write_sheet


@dataclass(frozen=True, slots=True)
class Stretch:
    """A few seconds of one person, to be coded as one.

    Attributes:
        id: from 1, in the order of the recordings and of time.
        recording: its name.
        source: of the records: the path of the video.
        person: the participant's name.
        track: the person id in the recording.
        start: in seconds of the recording.
        end: in the same.
        condition: that holds in it; "" for none.
        chance: the probability with which it was chosen, over 0 to 1.
    """

    id: int
    recording: str
    source: str
    person: str
    track: int
    start: float
    end: float
    condition: str
    chance: float


def format_stretches(stretches: Iterable[Stretch]) -> str:
    """Returns stretches as CSV; numbers are read back to the last bit."""
    return write_sheet(_names(), [_cells(stretch) for stretch in stretches])


def read_stretches(path: Path) -> tuple[Stretch, ...]:
    """Reads stretches from CSV.

    Raises:
        StudyError: the file is missing, lacks a column, or a row is damaged.
    """
    sheet = read_sheet(path)
    if missing := [name for name in _names() if name not in sheet.names]:
        raise StudyError(
            f"it has no column '{missing[0]}'", subject=path, remedy="restore it from a copy"
        )
    stretches = tuple(_stretch(row) for row in sheet.rows)
    if [stretch.id for stretch in stretches] != list(range(1, len(stretches) + 1)):
        raise StudyError(
            "the ids of its stretches are not 1, 2, 3 and so on",
            subject=path,
            remedy="restore it from a copy",
        )
    return stretches


def _names() -> tuple[str, ...]:
    return tuple(field.name for field in fields(Stretch))


def _cells(stretch: Stretch) -> list[object]:
    values = [getattr(stretch, name) for name in _names()]
    return [repr(value) if isinstance(value, float) else value for value in values]


def _stretch(row: Row) -> Stretch:
    start, end, chance = (_float(row, name) for name in ("start", "end", "chance"))
    if not (start < end and 0 < chance <= 1):
        raise row.error(
            "it ends before it starts, or its chance is not over 0 to 1", "restore it from a copy"
        )
    recording, source, person = (row.text(name) for name in ("recording", "source", "person"))
    number, track = read_whole(row, "id"), read_whole(row, "track")
    return Stretch(
        number, recording, source, person, track, start, end, row.text("condition"), chance
    )


def _float(row: Row, name: str) -> float:
    try:
        return float(row.text(name))
    except ValueError:
        raise row.error(
            f"'{row.text(name)}' is no number", "restore it from a copy", name
        ) from None


def read_whole(row: Row, name: str) -> int:
    """Reads a cell that has a whole number."""
    try:
        return int(row.text(name))
    except ValueError:
        raise row.error(
            f"'{row.text(name)}' is no whole number", "restore it from a copy", name
        ) from None
