"""Profiles: what each user has corrected, in one SQLite file that several processes may use."""

import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Self

from mien.inference.classifier import Adapter as Adapts
from mien.personalization.corrections import COLUMNS, Correction, Kept, ModelId, sift
from mien.personalization.errors import ProfileConflictError, UnknownProfileError
from mien.personalization.profile import (
    Profile,
    Taught,
    Version,
    check_name,
    latest,
    learn_version,
    read_adapter,
    read_versions,
    same_name,
)
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
            f"no profile {known!r}", remedy=f"there are: {', '.join(names) or 'none yet'}"
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
            f"there is a profile '{known}' already",
            remedy="choose another name, or delete that one",
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


_FIRST = """
CREATE TABLE profiles (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again, so a deleted one is found by none
    name TEXT NOT NULL UNIQUE,
    created REAL NOT NULL
) STRICT;
CREATE TABLE corrections (  -- one that is undone stays, for a version before may come back
    profile INTEGER NOT NULL REFERENCES profiles ON DELETE CASCADE,
    number INTEGER NOT NULL,
    step INTEGER NOT NULL,  -- the version it came with: one undo takes back a whole step
    created REAL NOT NULL,
    label TEXT NOT NULL,
    embedding BLOB NOT NULL,      -- float32
    probabilities BLOB NOT NULL,  -- float32
    model TEXT NOT NULL,
    model_version TEXT NOT NULL,
    model_digest TEXT NOT NULL,
    image BLOB,  -- PNG of the 48x48 crop, where the user wants it kept
    PRIMARY KEY (profile, number)
) STRICT;
CREATE TABLE versions (  -- only ever added to; the highest number holds
    profile INTEGER NOT NULL REFERENCES profiles ON DELETE CASCADE,
    number INTEGER NOT NULL,
    created REAL NOT NULL,
    cause TEXT NOT NULL CHECK (cause IN ('teach', 'undo', 'rollback', 'upgrade')),
    members BLOB NOT NULL,  -- the numbers of its corrections, int64
    model TEXT,
    model_version TEXT,
    model_digest TEXT,
    figures TEXT,
    adapter BLOB,  -- of the version that holds
    PRIMARY KEY (profile, number)
) STRICT;
"""

MIGRATIONS: tuple[str, ...] = (_FIRST,)
"""What leads from each version, from 0, to the next one. Only ever added to."""


FILE_NAME = "profiles.sqlite"
_PROFILES = 0x4D69656F  # at the place where SQLite keeps whose a file is; Studio's plus one
_PATIENCE = 10.0  # seconds to wait for another process that teaches; a lesson takes far less


class Profiles:
    """All profiles of one folder. Safe to use from several threads, and several processes.

    Whatever changes a profile adds a version to it, learned from the corrections that then hold,
    in one transaction: once a method returns, the change outlives a kill and a power cut, and what
    ends it before leaves the profile as it was.

    Args:
        database: the file, open.

    Attributes:
        database: the same.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._adapters: dict[int, tuple[int, Adapts]] = {}

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Opens the profiles of a folder; where there are none, an empty file is made.

        Raises:
            StoreError: the folder may not be written, or its file is damaged, of a newer version,
                or another program's.
            DiskFullError: the disk is full.
        """
        path = folder / FILE_NAME
        return cls(Database(path, _PROFILES, MIGRATIONS, exclusive=False, patience=_PATIENCE))

    def close(self) -> None:
        """Closes the file. May be repeated."""
        self.database.close()

    def list(self) -> list[Profile]:
        """Returns all profiles, by name."""
        rows = self.database.rows("SELECT name FROM profiles ORDER BY name")
        return [self.get(row["name"]) for row in rows]

    def get(self, name: str) -> Profile:
        """Returns one profile.

        Raises:
            UnknownProfileError: there is none of this name.
        """
        return read_profile(self.database, name)

    def create(self, name: str) -> Profile:
        """Makes a profile that holds nothing yet.

        Raises:
            ProfileError: the name is none.
            ProfileConflictError: there is one of this name.
        """
        with self.database.transaction() as write:
            add_profile(write, name, time.time())
        return self.get(name)

    def delete(self, name: str) -> None:
        """Removes a profile, its corrections, images and versions, for good.

        Raises:
            UnknownProfileError: there is none of this name.
        """
        with self.database.transaction() as write:
            write.execute("DELETE FROM profiles WHERE id = ?", (self.get(name).id,))
        self.database.forget()

    def teach(self, name: str, corrections: Sequence[Correction]) -> Taught:
        """Teaches a profile: what is new is kept, and a version is learned from all that holds.

        Args:
            name: of the profile.
            corrections: of one model; one at least.

        Raises:
            UnknownProfileError: there is no such profile.
            ProfileConflictError: the profile was taught with another model.
            ProfileError: what is stored is damaged.
        """
        with self.database.transaction() as write:
            profile = self.get(name)
            (model,) = {one.model for one in corrections}
            profile.check_model(model)
            kept = read_members(self.database, profile)
            sifted = sift(kept, corrections)
            step = 1 if profile.version is None else profile.version.number + 1
            chosen = [corrections[at] for at in sifted.fresh]
            added = add_corrections(write, profile.id, step, chosen)
            if added:
                learn_version(write, profile.id, "teach", [*kept, *added])
        places = [*range(len(kept)), *(len(kept) + at for at in sifted.fresh)]
        numbers = {at: one.number for at, one in zip(places, [*kept, *added], strict=True)}
        told = (
            None if at in sifted.refused else numbers[twin] for at, twin in enumerate(sifted.twins)
        )
        return Taught(self.get(name), tuple(told), sifted.refused, len(added))

    def undo(self, name: str, correction: int | None = None) -> Profile:
        """Takes back what was taught last, as one step, or one correction.

        Args:
            name: of the profile.
            correction: its number; None is all that the last teaching brought.

        Raises:
            UnknownProfileError: there is no such profile, or it holds no such correction.
            ProfileConflictError: it holds nothing that could be undone.
        """
        with self.database.transaction() as write:
            profile = self.get(name)
            kept = read_members(self.database, profile)
            left = _without_last(profile, kept) if correction is None else kept
            left = [one for one in left if one.number != correction]
            if len(left) == len(kept):
                raise UnknownProfileError(f"profile '{name}' holds no correction {correction}.")
            learn_version(write, profile.id, "undo", left)
        return self.get(name)

    def rollback(self, name: str, version: int) -> Profile:
        """Makes an older version hold again; those between stay, and can come back likewise.

        Raises:
            UnknownProfileError: there is no such profile, or no such version of it.
            ProfileConflictError: that version was learned on another model.
        """
        with self.database.transaction() as write:
            profile = self.get(name)
            found = {one.number: one for one in read_versions(self.database, profile.id)}
            if version not in found:
                last = max(found, default=0)
                raise UnknownProfileError(
                    f"profile '{name}' has no version {version}", remedy=f"its last is {last}"
                )
            older = found[version]
            if older.model is not None:
                profile.check_model(older.model)
            members = read_members(self.database, replace(profile, version=older))
            learn_version(write, profile.id, "rollback", members)
        return self.get(name)

    def versions(self, name: str) -> Sequence[Version]:
        """Returns all versions of a profile, the oldest first; the last one holds.

        Raises:
            UnknownProfileError: there is no such profile.
        """
        return read_versions(self.database, self.get(name).id)

    def corrections(self, name: str) -> Sequence[Kept]:
        """Returns the corrections that a profile holds, the oldest first; raises as `get` does."""
        return read_members(self.database, self.get(name))

    def adapter(self, name: str, model: ModelId) -> Adapts | None:
        """Returns what a profile adapts a model's answers by; None where they are to stay.

        Cheap enough for every frame; until the profile changes, it is the same object.

        Raises:
            UnknownProfileError: there is no such profile.
            ProfileConflictError: it was taught with another model.
        """
        profile = self.get(name)
        profile.check_model(model)
        version = profile.version
        if version is None or not version.members:
            return None
        number, adapter = self._adapters.get(profile.id, (0, None))
        if adapter is None or number != version.number:
            members = partial(read_members, self.database, profile)
            adapter = read_adapter(self.database, profile.id, version.number, members)
            self._adapters[profile.id] = version.number, adapter
        return adapter


def _without_last(profile: Profile, kept: Sequence[Kept]) -> Sequence[Kept]:
    if not kept:
        raise ProfileConflictError(
            f"profile '{profile.name}' holds no corrections, so there is nothing to undo."
        )
    last = max(one.step for one in kept)
    return [one for one in kept if one.step != last]
