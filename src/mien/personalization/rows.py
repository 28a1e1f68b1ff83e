"""Rows of profiles and of corrections, read and written."""

import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from mien.personalization.corrections import COLUMNS, Correction, Kept
from mien.personalization.errors import ProfileConflictError, UnknownProfileError
from mien.personalization.names import check_name, same_name
from mien.personalization.profile import Profile
from mien.personalization.versions import latest
from mien.storage.database import Database


def read_profile(database: Database, name: str) -> Profile:
    """Returns a profile by its name.

    Raises:
        UnknownProfileError: there is none.
    """
    known = same_name(name)
    rows = database.rows("SELECT id, name, created FROM profiles WHERE name = ?", (known,))
    if not rows:
        names = [row["name"] for row in database.rows("SELECT name FROM profiles ORDER BY name")]
        raise UnknownProfileError(
            f"no profile {known!r}; there are: {', '.join(names) or 'none yet'}."
        )
    (row,) = rows
    return Profile(row["id"], row["name"], row["created"], latest(database, row["id"]))


def add_profile(write: sqlite3.Connection, name: str, created: float) -> int:
    """Adds a profile's row and returns its id.

    Raises:
        ProfileError: the name is none.
        ProfileConflictError: there is one of this name.
    """
    known = check_name(name)
    if write.execute("SELECT 1 FROM profiles WHERE name = ?", (known,)).fetchone():
        raise ProfileConflictError(
            f"there is a profile '{known}' already; choose another name, or delete that one."
        )
    row = write.execute(
        "INSERT INTO profiles (name, created) VALUES (?, ?) RETURNING id", (known, created)
    ).fetchone()
    return int(row[0])


def read_corrections(database: Database, profile: int) -> list[Kept]:
    """Returns all corrections of a profile, those that were undone, too, by their numbers.

    Raises:
        ProfileError: one does not hold what a correction holds.
    """
    rows = database.rows(
        f"SELECT {COLUMNS} FROM corrections WHERE profile = ? ORDER BY number",  # noqa: S608
        (profile,),
    )
    return [Kept.from_row(row) for row in rows]


def read_members(database: Database, profile: Profile) -> list[Kept]:
    """Returns the corrections that hold, the oldest first; raises as `read_corrections` does."""
    members = set(profile.members)
    return [one for one in read_corrections(database, profile.id) if one.number in members]


def add_corrections(
    write: sqlite3.Connection, profile: int, step: int, corrections: Sequence[Correction]
) -> list[Kept]:
    """Stores corrections under new numbers, as one step."""
    number, now = next_number(write, profile), time.time()
    added = [Kept(number + at, step, now, one) for at, one in enumerate(corrections)]
    write_corrections(write, profile, added)
    return added


def add_again(
    write: sqlite3.Connection, profile: int, replaced: Iterable[tuple[Kept, Correction]]
) -> list[Kept]:
    """Stores corrections of another model; each takes the step and the time of the one before."""
    number = next_number(write, profile)
    added = [
        replace(old, number=number + at, correction=new) for at, (old, new) in enumerate(replaced)
    ]
    write_corrections(write, profile, added)
    return added


def write_corrections(write: sqlite3.Connection, profile: int, kept: Iterable[Kept]) -> None:
    """Stores corrections as they are."""
    write.executemany(
        f"INSERT INTO corrections (profile, {COLUMNS}) "  # noqa: S608
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(profile, *one.columns()) for one in kept],
    )


def next_number(read: sqlite3.Connection, profile: int) -> int:
    """Returns the number that the next correction of a profile gets."""
    (number,) = read.execute(
        "SELECT coalesce(max(number), 0) + 1 FROM corrections WHERE profile = ?", (profile,)
    ).fetchone()
    return int(number)
