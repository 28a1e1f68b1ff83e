"""The tables of profiles: their migrations, and the rows read from them and written to them."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from mien.personalization.corrections import StoredCorrection
from mien.personalization.errors import ProfileConflictError, UnknownProfileError
from mien.personalization.profile import Profile, Version, check_name, normalize_name
from mien.storage.database import Database, Value
from mien.storage.errors import DamagedError
from mien.storage.rows import make, read_intact, reading, take

_VERSION_0_1 = """
CREATE TABLE profiles (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again, so that a deleted one is not found
    name TEXT NOT NULL UNIQUE,
    created REAL NOT NULL
) STRICT;
CREATE TABLE corrections (  -- one that is undone stays, for an earlier version may be restored
    profile INTEGER NOT NULL REFERENCES profiles ON DELETE CASCADE,
    number INTEGER NOT NULL,
    step INTEGER NOT NULL,  -- the version it was added with: one undo removes a whole step
    created REAL NOT NULL,
    label TEXT NOT NULL,
    embedding BLOB NOT NULL,      -- float32
    probabilities BLOB NOT NULL,  -- float32
    model TEXT NOT NULL,
    model_version TEXT NOT NULL,
    model_digest TEXT NOT NULL,
    picture BLOB,  -- PNG of the crop, where the user keeps it
    PRIMARY KEY (profile, number)
) STRICT;
CREATE TABLE versions (  -- only ever added to; the highest number is the current one
    profile INTEGER NOT NULL REFERENCES profiles ON DELETE CASCADE,
    number INTEGER NOT NULL,
    created REAL NOT NULL,
    cause TEXT NOT NULL CHECK (cause IN ('teach', 'undo', 'rollback', 'upgrade')),
    members BLOB NOT NULL,  -- the numbers of its corrections, int64
    model TEXT,
    model_version TEXT,
    model_digest TEXT,
    figures TEXT,
    adapter BLOB,  -- of the current version
    PRIMARY KEY (profile, number)
) STRICT;
"""

# Every model of version 0.1 has these labels, in this order.
_LABELS_OF_MODELS = """
ALTER TABLE corrections ADD COLUMN labels TEXT NOT NULL
    DEFAULT '["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]';
"""

# Without the adapter, which is large: a profile is read for every frame.
_VERSION = "number, created, cause, members, model, model_version, model_digest, figures"

MIGRATIONS: tuple[str, ...] = (_VERSION_0_1, _LABELS_OF_MODELS)
"""What leads from each version of the tables, from 0, to the next. Only ever added to."""


def read_profiles(database: Database) -> list[Profile]:
    """Returns all profiles, by name; the log names those whose rows are damaged."""
    rows = database.rows("SELECT id, name, created FROM profiles ORDER BY name")
    return read_intact(rows, lambda row: _to_profile(database, row))


def read_profile(database: Database, name: str) -> Profile:
    """Returns a profile by its name.

    Raises:
        UnknownProfileError: there is no such profile.
    """
    known = normalize_name(name)
    rows = database.rows("SELECT id, name, created FROM profiles WHERE name = ?", (known,))
    if not rows:
        names = [profile.name for profile in read_profiles(database)]
        remedy = f"choose from {', '.join(names)}"
        if not names:
            raise UnknownProfileError(f"profile '{known}' not found; there are no profiles yet")
        raise UnknownProfileError(f"profile '{known}' not found", remedy=remedy)
    return _to_profile(database, rows[0])


def read_profile_by_id(database: Database, profile: int) -> Profile:
    """Returns a profile by its id.

    Raises:
        UnknownProfileError: there is no such profile.
    """
    rows = database.rows("SELECT id, name, created FROM profiles WHERE id = ?", (profile,))
    if not rows:
        raise UnknownProfileError(f"profile {profile} not found; it was deleted.")
    return _to_profile(database, rows[0])


def insert_profile(write: sqlite3.Connection, name: str, created: float) -> int:
    """Adds the row of a profile and returns its id.

    Raises:
        ProfileError: the name is not valid.
        ProfileConflictError: a profile has this name already.
    """
    known = check_name(name)
    if write.execute("SELECT 1 FROM profiles WHERE name = ?", (known,)).fetchone():
        raise ProfileConflictError(
            f"profile '{known}' already exists", remedy="choose another name, or delete it"
        )
    row = write.execute(
        "INSERT INTO profiles (name, created) VALUES (?, ?) RETURNING id", (known, created)
    ).fetchone()
    return int(row[0])


def read_corrections(database: Database, profile: int) -> list[StoredCorrection]:
    """Returns all corrections of a profile, also those undone, by number.

    Raises:
        DamagedError: a row does not contain what a correction does.
    """
    rows = database.rows("SELECT * FROM corrections WHERE profile = ? ORDER BY number", (profile,))
    return [to_correction(database, row) for row in rows]


def read_labels(database: Database, profile: int) -> dict[int, str]:
    """Returns the label of each correction of a profile, also of those undone, by number."""
    rows = database.rows("SELECT number, label FROM corrections WHERE profile = ?", (profile,))
    with reading(database.name, f"a correction of profile {profile}"):
        return {row["number"]: take(row["label"], str) for row in rows}


def read_correction(database: Database, profile: int, number: int) -> StoredCorrection:
    """Returns one correction of a profile, also one undone.

    Raises:
        UnknownProfileError: there is no such correction.
        DamagedError: its row does not contain what a correction does.
    """
    sql = "SELECT * FROM corrections WHERE profile = ? AND number = ?"
    rows = database.rows(sql, (profile, number))
    if not rows:
        raise UnknownProfileError(f"correction {number} of profile {profile} not found.")
    return to_correction(database, rows[0])


def read_members(database: Database, profile: Profile) -> list[StoredCorrection]:
    """Returns the corrections of the profile's version, the oldest first.

    Raises:
        DamagedError: a row does not contain what a correction does, or is not there.
    """
    members = set(profile.members)
    corrections = read_corrections(database, profile.id)
    found = [correction for correction in corrections if correction.number in members]
    if len(found) < len(profile.members):
        raise DamagedError(
            f"profile '{profile.name}' lacks a correction that it was taught", subject=database.name
        )
    return found


def insert_corrections(
    write: sqlite3.Connection, profile: int, corrections: Iterable[StoredCorrection]
) -> None:
    """Adds corrections as they are."""
    for correction in corrections:
        _insert(write, "corrections", {"profile": profile, **correction.to_row()})


def next_correction_number(read: sqlite3.Connection, profile: int) -> int:
    """Returns the number that the next correction of a profile gets."""
    return _next_number(read, "corrections", profile)


def read_versions(database: Database, profile: int) -> list[Version]:
    """Returns all versions of a profile, the oldest first; the last is the current one."""
    rows = database.rows(
        f"SELECT {_VERSION} FROM versions WHERE profile = ? ORDER BY number",  # noqa: S608
        (profile,),
    )
    return [to_version(database, profile, row) for row in rows]


def insert_version(
    write: sqlite3.Connection, profile: int, version: Version, adapter: bytes | None = None
) -> None:
    """Adds a version as it is; the earlier versions lose their adapters.

    An adapter takes a row for each correction, and is learned again in a moment where an earlier
    version is restored.
    """
    write.execute("UPDATE versions SET adapter = NULL WHERE profile = ?", (profile,))
    _insert(write, "versions", {"profile": profile, **version.to_row(), "adapter": adapter})


def next_version_number(read: sqlite3.Connection, profile: int) -> int:
    """Returns the number that the next version of a profile gets."""
    return _next_number(read, "versions", profile)


def read_adapter(database: Database, profile: int, version: int) -> bytes | None:
    """Returns the bytes of a version's adapter; None where the version has none."""
    sql = "SELECT adapter FROM versions WHERE profile = ? AND number = ?"
    (row,) = database.rows(sql, (profile, version))
    adapter: bytes | None = row["adapter"]
    return adapter


def export_rows(database: Database, table: str, profile: int) -> Sequence[sqlite3.Row]:
    """Returns a profile's rows of `corrections` or `versions`, by number."""
    return database.rows(
        f"SELECT * FROM {table} WHERE profile = ? ORDER BY number",  # noqa: S608
        (profile,),
    )


def _to_profile(database: Database, row: sqlite3.Row) -> Profile:
    versions = database.rows(
        f"SELECT {_VERSION} FROM versions WHERE profile = ? "  # noqa: S608
        "ORDER BY number DESC LIMIT 1",
        (row["id"],),
    )
    version = to_version(database, row["id"], versions[0]) if versions else None
    with reading(database.name, f"profile {row['id']}"):
        return make(Profile, {**dict(row), "version": version})


def to_version(database: Database, profile: int, row: sqlite3.Row) -> Version:
    """Reads a row of the table `versions`; raises DamagedError where it is none."""
    with reading(database.name, f"version {row['number']} of profile {profile}"):
        return Version.from_row(row)


def to_correction(database: Database, row: sqlite3.Row) -> StoredCorrection:
    """Reads a row of the table `corrections`; raises DamagedError where it is none."""
    with reading(database.name, f"correction {row['number']} of profile {row['profile']}"):
        return StoredCorrection.from_row(row)


def _next_number(read: sqlite3.Connection, table: str, profile: int) -> int:
    (number,) = read.execute(
        f"SELECT coalesce(max(number), 0) + 1 FROM {table} WHERE profile = ?",  # noqa: S608
        (profile,),
    ).fetchone()
    with reading(None, f"a number in '{table}' of profile {profile}"):
        return int(take(number, int))


def _insert(write: sqlite3.Connection, table: str, values: Mapping[str, Value]) -> None:
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    write.execute(
        f"INSERT INTO {table} ({names}) VALUES ({marks})",  # noqa: S608
        tuple(values.values()),
    )
