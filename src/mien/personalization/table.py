"""A table of corrections to a recording: CSV with some of the columns of records.

`source`, `frame` and `emotion` must be there; `person`, or `x`, `y`, `width` and `height`, tell
which face of a frame with several. So a file of `mien predict --records` is one, once its wrong
rows alone are left and their `emotion` is put right. docs/profiles.md says more.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mien.emotions import EMOTIONS
from mien.errors import ProfileError
from mien.results import Box

_NEEDED = ("source", "frame", "emotion")
_BOX = ("x", "y", "width", "height")


@dataclass(frozen=True, slots=True)
class Wish:
    """One row: a face of a recording, and what the user says is on it.

    Attributes:
        place: what messages call it.
        source: the film or photo.
        frame: its number, from 0.
        label: one of `EMOTIONS`.
        person: the number that records give the person; None where it is not told.
        box: the face's; None where it is not told.
    """

    place: str
    source: Path
    frame: int
    label: str
    person: int | None
    box: Box | None


def read_wishes(path: Path) -> list[Wish | str]:
    """Reads a table; instead of a row that cannot be used, what is wrong with it.

    Args:
        path: of the table. Sources are looked for where the path in it leads to, and else beside
            the table.

    Raises:
        ProfileError: the table cannot be read, or lacks a column.
    """
    rows = csv.DictReader(io.StringIO(_text(path), newline=""))
    try:
        missing = [name for name in _NEEDED if name not in (rows.fieldnames or ())]
        if missing:
            raise ProfileError(
                f"{path}: it has no column '{missing[0]}'; corrections have the columns "
                f"{', '.join(_NEEDED)}, and 'person' where a frame shows several."
            )
        return [_wish(path, number, row) for number, row in enumerate(rows, 2)]
    except csv.Error as error:
        raise ProfileError(f"{path}: not a table of CSV ({error}); save it again.") from None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")  # spreadsheets put a mark at the front
    except UnicodeDecodeError:
        raise ProfileError(f"{path}: not UTF-8 text; save it as UTF-8.") from None
    except OSError as error:
        raise ProfileError(f"{path}: cannot be read ({error.strerror}); check the path.") from None


def _wish(path: Path, number: int, row: Mapping[str, str | None]) -> Wish | str:
    place, label = f"{path}, row {number}", (row["emotion"] or "").strip().lower()
    if label not in EMOTIONS:
        return f"{place}: '{label}' is no emotion; those are {', '.join(EMOTIONS)}."
    try:
        person = row.get("person")
        box = Box(*(float(row.get(side) or "nan") for side in _BOX))
        return Wish(
            place,
            _find(path, row["source"] or ""),
            int(row["frame"] or ""),
            label,
            int(person) if person else None,
            box if box.width > 0 and box.height > 0 else None,
        )
    except ValueError:
        return f"{place}: its frame, person or box is no number; take it as records have it."


def _find(path: Path, source: str) -> Path:
    given = Path(source)
    return given if given.exists() else path.parent / given
