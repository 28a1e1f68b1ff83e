"""Repairs the file of profiles: every intact correction and version is saved."""

import sqlite3
from collections.abc import Container
from contextlib import closing
from pathlib import Path

import numpy as np

from mien.errors import ProfileError
from mien.personalization.corrections import read_crop
from mien.personalization.profile import Profile
from mien.personalization.store import APPLICATION, Profiles, learn_version
from mien.personalization.tables import (
    MIGRATIONS,
    read_corrections,
    read_versions,
    to_correction,
    to_version,
)
from mien.storage.database import Database
from mien.storage.repair import Repair, drop_damaged, repairing
from mien.storage.rows import make, reading

_NAME_AGAIN = """
INSERT INTO profiles (id, name, created)
SELECT profile, 'Recovered ' || profile, min(created) FROM corrections
WHERE profile NOT IN (SELECT id FROM profiles) GROUP BY profile
"""


def repair_profiles(path: Path) -> Repair:
    """Repairs a file of profiles; the damaged one stays beside it.

    A profile whose current version lost corrections learns again from those that are left. One
    whose name is lost is called "Recovered" and its id.

    Raises:
        StoreError: there is no such file, a program has it open, or it cannot be written.
    """
    with repairing(path, APPLICATION, MIGRATIONS) as repair:
        database = Database(repair.database, APPLICATION, MIGRATIONS, exclusive=True, timeout=1)
        with closing(Profiles(database)) as profiles:
            _drop_damaged(database, repair)
            _name_again(database, repair)
            for profile in profiles.list():
                _relearn(profiles, profile, repair)
    return repair


def _drop_damaged(database: Database, repair: Repair) -> None:
    def to_profile(row: sqlite3.Row) -> Profile:
        with reading(database.name, "a profile"):
            return make(Profile, {**dict(row), "version": None})

    drop_damaged(
        database, "versions", _KEY, lambda row: to_version(database, row["profile"], row), repair
    )
    drop_damaged(database, "corrections", _KEY, lambda row: to_correction(database, row), repair)
    drop_damaged(database, "profiles", ("id",), to_profile, repair)
    _drop_crops(database, repair)


_KEY = ("profile", "number")


def _drop_crops(database: Database, repair: Repair) -> None:
    """Removes images that cannot be read; what was learned does not need them."""
    rows = database.rows("SELECT * FROM corrections WHERE picture IS NOT NULL")
    damaged = [tuple(row[name] for name in _KEY) for row in rows if not _is_crop(row["picture"])]
    with database.transaction() as write:
        write.executemany(
            "UPDATE corrections SET picture = NULL WHERE profile = ? AND number = ?", damaged
        )
    if damaged:
        repair.notes.append(f"{len(damaged)} corrections lost their images.")


def _is_crop(content: bytes) -> bool:
    try:
        read_crop(content)
    except ProfileError:
        return False
    return True


def _name_again(database: Database, repair: Repair) -> None:
    with database.transaction() as write:
        count = write.execute(_NAME_AGAIN).rowcount
    if count:
        repair.notes.append(f"{count} profiles lost their names and are called 'Recovered'.")


def _relearn(profiles: Profiles, profile: Profile, repair: Repair) -> None:
    """Adds a version where the current one is lost, or lacks corrections that it had."""
    stored = {row.number: row for row in read_corrections(profiles.database, profile.id)}
    _forget_members(profiles.database, profile, stored)
    known = stored if profile.version is None else profile.version.members
    members = [stored[number] for number in known if number in stored]
    if len(members) == len(profile.members) and (profile.version is not None or not stored):
        return
    models = {member.correction.model for member in members[-1:]}
    usable = [member for member in members if member.correction.model in models]
    with profiles.database.transaction() as write:
        learn_version(write, profile.id, "rollback", usable)
    repair.notes.append(
        f"profile '{profile.name}' learned again from {len(usable)} of {len(known)} corrections."
    )


def _forget_members(database: Database, profile: Profile, stored: Container[int]) -> None:
    """Takes the numbers of lost corrections out of all versions, any of which may be restored."""
    with database.transaction() as write:
        for version in read_versions(database, profile.id):
            members = [number for number in version.members if number in stored]
            write.execute(
                "UPDATE versions SET members = ? WHERE profile = ? AND number = ?",
                (np.array(members, "<i8").tobytes(), profile.id, version.number),
            )
