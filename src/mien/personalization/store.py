"""The profiles of one folder, in one SQLite file that several processes may use."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Self

from mien.errors import ProfileError
from mien.inference.classifier import Adapter as AdapterProtocol
from mien.personalization.adapter import Adapter
from mien.personalization.corrections import Correction, ModelId, StoredCorrection
from mien.personalization.errors import ProfileConflictError, UnknownProfileError
from mien.personalization.learning import learn
from mien.personalization.profile import Profile, TeachResult, Version
from mien.personalization.samples import Samples, compare
from mien.personalization.tables import (
    MIGRATIONS,
    insert_corrections,
    insert_profile,
    insert_version,
    next_correction_number,
    next_version_number,
    read_adapter,
    read_correction,
    read_labels,
    read_members,
    read_profile,
    read_profile_by_id,
    read_profiles,
    read_versions,
)
from mien.storage.database import Database

FILE_NAME = "profiles.sqlite"
APPLICATION = 0x4D69656F
"""Where SQLite stores whose file it is; Studio's plus one."""

_LOCK_TIMEOUT = 10.0  # seconds to wait for another process that teaches, which takes far less


class Profiles:
    """All profiles of one folder. Safe to use from several threads, and several processes.

    Each change of a profile adds a version, with an adapter learned from the corrections in it, in
    one transaction: once a method returns, the change outlives a kill and a power cut; a change
    that is interrupted leaves the profile as it was.

    A correction is identified by the id of its profile and its number there:

    - add: `teach` stores corrections, and returns their numbers and why any is refused;
    - read: `correction` returns one by profile id and number: its label, the model's labels,
      probabilities and embedding, the crop where the user keeps it, the model, and when it was
      created;
    - list: `corrections` returns those in the current version;
    - undo: `undo` removes one, or the last step, from the profile. It stays stored, for `rollback`
      may restore it, until the profile is deleted; `Profile.members` tells whether it is in use.

    The labels of a profile are those of the model that it was taught with.

    Args:
        database: the file, open.

    Attributes:
        database: the same.

    Example:
        >>> profiles = Profiles.open(folder)
        >>> profile = profiles.create("Ada")
        >>> result = profiles.teach("Ada", [correction])
        >>> profiles.correction(profile.id, result.numbers[0]).correction.label
        'sad'
        >>> profiles.undo("Ada", result.numbers[0]).members
        ()
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._adapters: dict[int, tuple[int, AdapterProtocol]] = {}

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Opens the profiles of a folder; creates an empty file where there is none.

        A file of an earlier version of Mien is migrated.

        Raises:
            StoreError: the folder may not be written, or its file is damaged, of a newer version,
                or another program's.
            DiskFullError: the disk is full.
        """
        path = folder / FILE_NAME
        return cls(Database(path, APPLICATION, MIGRATIONS, exclusive=False, timeout=_LOCK_TIMEOUT))

    def close(self) -> None:
        """Closes the file. May be repeated."""
        self.database.close()

    def list(self) -> list[Profile]:
        """Returns all profiles, by name."""
        return read_profiles(self.database)

    def get(self, name: str) -> Profile:
        """Returns a profile by its name.

        Raises:
            UnknownProfileError: there is no such profile.
        """
        return read_profile(self.database, name)

    def get_by_id(self, profile: int) -> Profile:
        """Returns a profile by its id.

        Raises:
            UnknownProfileError: there is no such profile.
        """
        return read_profile_by_id(self.database, profile)

    def create(self, name: str) -> Profile:
        """Creates a profile without corrections.

        Raises:
            ProfileError: the name is not valid.
            ProfileConflictError: a profile has this name already.
        """
        with self.database.transaction() as write:
            insert_profile(write, name, time.time())
        return self.get(name)

    def delete(self, name: str) -> None:
        """Permanently deletes a profile, its corrections, images and versions.

        Raises:
            UnknownProfileError: there is no such profile.
        """
        with self.database.transaction() as write:
            write.execute("DELETE FROM profiles WHERE id = ?", (self.get(name).id,))
        self.database.forget()

    def teach(self, name: str, corrections: Sequence[Correction]) -> TeachResult:
        """Adds corrections to a profile, as one step, and learns a version with them.

        A face that already has the same label is not stored again, and its number is returned; one
        that already has another label is refused, as are two of `corrections` that contradict each
        other. The rest is added.

        Args:
            name: of the profile.
            corrections: of one model; one at least.

        Raises:
            UnknownProfileError: there is no such profile.
            ProfileConflictError: the profile was taught with another model.
            ProfileError: a stored correction is damaged.
        """
        with self.database.transaction() as write:
            profile = self.get(name)
            (model,) = {correction.model for correction in corrections}
            profile.check_model(model)
            stored = read_members(self.database, profile)
            comparison = compare(stored, corrections)
            added = _number(write, profile.id, [corrections[i] for i in comparison.new])
            insert_corrections(write, profile.id, added)
            if added:
                learn_version(write, profile.id, "teach", [*stored, *added])
        indices = [*range(len(stored)), *(len(stored) + i for i in comparison.new)]
        numbers = {i: row.number for i, row in zip(indices, [*stored, *added], strict=True)}
        given = (
            None if i in comparison.refused else numbers[first]
            for i, first in enumerate(comparison.first)
        )
        return TeachResult(self.get(name), tuple(given), comparison.refused, len(added))

    def correction(self, profile: int, number: int) -> StoredCorrection:
        """Returns one correction, also one that was undone.

        Args:
            profile: the id of its profile.
            number: of the correction in it.

        Raises:
            UnknownProfileError: there is no such correction.
            ProfileError: it is damaged.
        """
        return read_correction(self.database, profile, number)

    def labels(self, profile: int) -> dict[int, str]:
        """Returns the label of each correction, also of those undone, by number.

        Args:
            profile: the id of their profile; one that does not exist has none.
        """
        return read_labels(self.database, profile)

    def corrections(self, name: str) -> Sequence[StoredCorrection]:
        """Returns the corrections in a profile's current version, the oldest first.

        Raises:
            UnknownProfileError: there is no such profile.
            ProfileError: a correction is damaged.
        """
        return read_members(self.database, self.get(name))

    def undo(self, name: str, correction: int | None = None) -> Profile:
        """Removes one correction from a profile, or those added last.

        Args:
            name: of the profile.
            correction: its number; None for all of the last step.

        Raises:
            UnknownProfileError: there is no such profile, or it has no such correction.
            ProfileConflictError: it has no corrections to undo.
        """
        with self.database.transaction() as write:
            profile = self.get(name)
            members = read_members(self.database, profile)
            left = (
                _without_last_step(profile, members)
                if correction is None
                else [member for member in members if member.number != correction]
            )
            if len(left) == len(members):
                raise UnknownProfileError(f"profile '{name}' has no correction {correction}.")
            learn_version(write, profile.id, "undo", left)
        return self.get(name)

    def rollback(self, name: str, version: int) -> Profile:
        """Restores an earlier version as a new one; those between can be restored likewise.

        Raises:
            UnknownProfileError: there is no such profile, or no such version of it.
            ProfileConflictError: that version was taught with another model.
        """
        with self.database.transaction() as write:
            profile = self.get(name)
            versions = {known.number: known for known in read_versions(self.database, profile.id)}
            if version not in versions:
                raise UnknownProfileError(
                    f"profile '{name}' has no version {version}",
                    remedy=f"its last is {max(versions, default=0)}",
                )
            earlier = versions[version]
            if earlier.model is not None:
                profile.check_model(earlier.model)
            members = read_members(self.database, replace(profile, version=earlier))
            learn_version(write, profile.id, "rollback", members)
        return self.get(name)

    def versions(self, name: str) -> Sequence[Version]:
        """Returns all versions of a profile, the oldest first; the last is the current one.

        Raises:
            UnknownProfileError: there is no such profile.
        """
        return read_versions(self.database, self.get(name).id)

    def adapter(self, name: str, model: ModelId) -> AdapterProtocol | None:
        """Returns a profile's adapter for a model; None where the profile has no corrections.

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
            content = read_adapter(self.database, profile.id, version.number)
            adapter = _load_adapter(content, members)
            self._adapters[profile.id] = version.number, adapter
        return adapter


def learn_version(
    write: sqlite3.Connection, profile: int, cause: str, members: Sequence[StoredCorrection]
) -> None:
    """Adds a version learned from corrections, the oldest first; without any, one of the model."""
    number = next_version_number(write, profile)
    numbers = tuple(member.number for member in members)
    model = members[-1].correction.model if members else None
    version = Version(number, time.time(), cause, numbers, model, None)
    relearn_version(write, profile, version, members)


def relearn_version(
    write: sqlite3.Connection, profile: int, version: Version, members: Sequence[StoredCorrection]
) -> None:
    """Adds a version as it is, with the adapter and figures learned from its corrections."""
    if not members:
        insert_version(write, profile, replace(version, figures=None))
        return
    result = learn(_to_samples(members))
    version = replace(version, figures=result.figures)
    insert_version(write, profile, version, result.adapter.to_bytes())


def _load_adapter(
    content: bytes | None, members: Callable[[], Sequence[StoredCorrection]]
) -> Adapter:
    """Reads an adapter; learns it again where it is unreadable, as another version's may be."""
    try:
        return Adapter.from_bytes(content or b"")
    except ProfileError:
        return learn(_to_samples(members())).adapter


def _to_samples(members: Sequence[StoredCorrection]) -> Samples:
    return Samples.of([member.correction for member in members])


def _number(
    write: sqlite3.Connection, profile: int, corrections: Sequence[Correction]
) -> list[StoredCorrection]:
    """Returns corrections with their numbers, as the next step of a profile."""
    first, now = next_correction_number(write, profile), time.time()
    step = next_version_number(write, profile)
    return [
        StoredCorrection(number, step, now, correction)
        for number, correction in enumerate(corrections, first)
    ]


def _without_last_step(
    profile: Profile, members: Sequence[StoredCorrection]
) -> Sequence[StoredCorrection]:
    if not members:
        raise ProfileConflictError(
            f"profile '{profile.name}' has no corrections, so there is nothing to undo."
        )
    last = max(member.step for member in members)
    return [member for member in members if member.step != last]
