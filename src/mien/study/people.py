"""Names of a recording's people: the file `talk.people.csv` beside the records `talk.csv`."""

from collections.abc import Mapping
from pathlib import Path

from mien.errors import StudyError
from mien.files import replacing
from mien.study.events.cells import Row, read_sheet, write_sheet

_COLUMNS = ("person", "name")
_LONGEST = 15  # digits of a person id


def read_people(path: Path) -> dict[int, str]:
    """Reads names by person id. Two ids of one name are two tracks of one participant.

    Raises:
        StudyError: the file cannot be read, lacks a column, or a person has two names or none.
    """
    sheet = read_sheet(path)
    if missing := [name for name in _COLUMNS if name not in sheet.names]:
        raise StudyError(
            f"it does not name people: it has no column '{missing[0]}'",
            subject=path,
            remedy="give it the columns person (a person id) and name, in UTF-8",
        )
    people: dict[int, str] = {}
    for row in sheet.rows:
        person, name = _person(row), row.text("name").strip()
        if people.setdefault(person, name) != name:
            raise row.error(
                f"person {person} is named '{name}', and '{people[person]}' before",
                "keep one of the names",
            )
    return people


def write_people(path: Path, people: Mapping[int, str]) -> None:
    """Writes names by person id, or replaces the file.

    Raises:
        OSError: the file cannot be written.
    """
    with replacing(path) as beside:
        text = write_sheet(_COLUMNS, sorted(people.items()))
        beside.write_bytes(text.encode("utf-8", "replace"))


def _person(row: Row) -> int:
    text = row.text("person").strip()
    if not text.isdecimal() or len(text) > _LONGEST:
        raise row.error(f"'{text[:40]}' is no person id", "use a whole number from 0", "person")
    if not row.text("name").strip():
        raise row.error(f"person {text} has no name", "give a name, or remove the row", "name")
    return int(text)
