"""One profile, as it is now, and what teaching it gave."""

import json
import re
import sqlite3
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from mien.errors import ProfileError
from mien.personalization.adapter import Adapter
from mien.personalization.corrections import Kept, ModelId, Row, to_samples
from mien.personalization.errors import ProfileConflictError
from mien.personalization.learning import Figures, learn
from mien.storage.database import Database

CAUSES = ("teach", "undo", "rollback", "upgrade")
"""What a version can come of."""

_COLUMNS = "number, created, cause, members, model, model_version, model_digest, figures"


@dataclass(frozen=True, slots=True)
class Version:
    """A state of a profile.

    Attributes:
        number: from 1, ascending.
        created: seconds since 1970, UTC.
        cause: one of `CAUSES`.
        members: the numbers of its corrections.
        model: which one it was learned on; None where it holds no corrections.
        figures: what it is worth; None where it holds no corrections.
    """

    number: int
    created: float
    cause: str
    members: tuple[int, ...]
    model: ModelId | None
    figures: Figures | None

    @classmethod
    def from_row(cls, row: Row) -> "Version":
        """Reads a row of the table."""
        return cls(
            row["number"],
            row["created"],
            row["cause"],
            tuple(np.frombuffer(row["members"], "<i8").tolist()),
            None if row["model"] is None else ModelId.from_row(row),
            None if row["figures"] is None else Figures(**json.loads(row["figures"])),
        )


def read_versions(database: Database, profile: int) -> list[Version]:
    """Returns all versions, the oldest first; the last one holds."""
    rows = database.rows(
        f"SELECT {_COLUMNS} FROM versions WHERE profile = ? ORDER BY number",  # noqa: S608
        (profile,),
    )
    return [Version.from_row(row) for row in rows]


def latest(database: Database, profile: int) -> Version | None:
    """Returns the version that holds; None where nothing was ever taught."""
    rows = database.rows(
        f"SELECT {_COLUMNS} FROM versions WHERE profile = ? "  # noqa: S608
        "ORDER BY number DESC LIMIT 1",
        (profile,),
    )
    return Version.from_row(rows[0]) if rows else None


def learn_version(
    write: sqlite3.Connection, profile: int, cause: str, members: Sequence[Kept]
) -> None:
    """Adds a version learned from corrections, the oldest first; without any, one of the model."""
    (number,) = write.execute(
        "SELECT coalesce(max(number), 0) + 1 FROM versions WHERE profile = ?", (profile,)
    ).fetchone()
    numbers = tuple(one.number for one in members)
    model = members[-1].correction.model if members else None
    add_version(write, profile, Version(number, time.time(), cause, numbers, model, None), members)


def add_version(
    write: sqlite3.Connection, profile: int, version: Version, members: Sequence[Kept]
) -> None:
    """Stores the version that is to hold, with what is learned from its corrections."""
    figures = adapter = None
    if members:
        lesson = learn(to_samples(members))
        figures, adapter = lesson.figures, lesson.adapter.to_bytes()
    # What older versions have learned is learned again where one comes back: it takes a moment,
    # and storing it would take the square of the corrections.
    write.execute("UPDATE versions SET adapter = NULL WHERE profile = ?", (profile,))
    write_version(write, profile, replace(version, figures=figures), adapter)


def write_version(
    write: sqlite3.Connection, profile: int, version: Version, adapter: bytes | None = None
) -> None:
    """Stores a version as it is."""
    model = (None,) * 3 if version.model is None else version.model.columns
    figures = None if version.figures is None else json.dumps(asdict(version.figures))
    write.execute(
        f"INSERT INTO versions (profile, {_COLUMNS}, adapter) "  # noqa: S608
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(profile, version.number, version.created, version.cause),
            *(np.array(version.members, "<i8").tobytes(), *model, figures, adapter),
        ),
    )


def read_adapter(
    database: Database, profile: int, number: int, members: Callable[[], Sequence[Kept]]
) -> Adapter:
    """Returns what the version that holds has learned.

    Args:
        database: where it is.
        profile: whose.
        number: of the version.
        members: gives its corrections, one at least. Where what was learned cannot be read, as that
            of another version of Mien may, it is learned again from these.
    """
    (row,) = database.rows(
        "SELECT adapter FROM versions WHERE profile = ? AND number = ?", (profile, number)
    )
    try:
        return Adapter.from_bytes(row["adapter"])
    except ProfileError:
        return learn(to_samples(members())).adapter


@dataclass(frozen=True, slots=True)
class Profile:
    """One person, or one place.

    Attributes:
        id: its number, which no other profile ever gets.
        name: the user's.
        created: seconds since 1970, UTC.
        version: the one that holds; None where nothing was ever taught.
    """

    id: int
    name: str
    created: float
    version: Version | None

    @property
    def members(self) -> tuple[int, ...]:
        """The numbers of the corrections that hold."""
        return () if self.version is None else self.version.members

    @property
    def model(self) -> ModelId | None:
        """The model it was taught with; None where it holds no corrections."""
        return None if self.version is None else self.version.model

    def check_model(self, model: ModelId) -> None:
        """Refuses a model that the profile's corrections are not of.

        Raises:
            ProfileConflictError: it is another one.
        """
        if self.model not in (None, model):
            raise ProfileConflictError(
                f"profile '{self.name}' was taught with the model {self.model}, and "
                f"this is {model}",
                remedy="use that one, or carry the profile over: mien profile upgrade",
            )


@dataclass(frozen=True, slots=True)
class Taught:
    """What became of the corrections that were given.

    Attributes:
        profile: as it is now.
        numbers: of each correction, in the order given, that of its face; None where refused.
        refused: why a correction is refused, by its place.
        added: how many were new.
    """

    profile: Profile
    numbers: tuple[int | None, ...]
    refused: dict[int, str]
    added: int


NAME = r"^\w[\w .'-]{0,63}$"
"""What a name looks like."""


def same_name(given: str) -> str:
    """Returns a name as it is stored: one and the same however its letters were typed."""
    return unicodedata.normalize("NFC", given)


def check_name(given: str) -> str:
    """Returns what a new profile is called, as it is stored.

    Raises:
        ProfileError: it is no name.
    """
    name = same_name(given)
    if not re.fullmatch(NAME, name):
        raise ProfileError(
            f"{given[:80]!r}: a profile's name has 1 to 64 letters, digits, spaces and . ' - _, "
            "and begins with a letter or digit."
        )
    return name
