"""A profile of one user, and its versions."""

import re
import unicodedata
from dataclasses import dataclass

import numpy as np

from mien.errors import ProfileError
from mien.personalization.corrections import ModelId, Row
from mien.personalization.errors import ProfileConflictError
from mien.personalization.learning import Figures
from mien.storage.database import Value
from mien.storage.rows import make

CAUSES = ("teach", "undo", "rollback", "upgrade")
"""What adds a version."""

NAME = r"^\w[\w .'-]{0,63}$"
"""The pattern of a profile's name."""


@dataclass(frozen=True, slots=True)
class Version:
    """A state of a profile.

    Attributes:
        number: from 1, ascending.
        created: seconds since 1970, UTC.
        cause: one of `CAUSES`.
        members: the numbers of its corrections.
        model: that it was taught with; None where it has no corrections.
        figures: how well its adapter predicts them; None where it has no corrections.
    """

    number: int
    created: float
    cause: str
    members: tuple[int, ...]
    model: ModelId | None
    figures: Figures | None

    @classmethod
    def from_row(cls, row: Row) -> "Version":
        """Reads a row of the table `versions`.

        Raises:
            TypeError: a value is of another type; so do ValueError, KeyError, AttributeError and
                RecursionError tell.
        """
        values = {
            "number": row["number"],
            "created": row["created"],
            "cause": row["cause"],
            "members": tuple(np.frombuffer(row["members"], "<i8").tolist()),
            "model": None if row["model"] is None else ModelId.from_row(row),
            "figures": None if row["figures"] is None else Figures.from_json(row["figures"]),
        }
        if values["cause"] not in CAUSES:
            raise ValueError(f"its cause is {values['cause']!r:.40}")
        return make(cls, values)

    def to_row(self) -> dict[str, Value]:
        """Returns the columns of the table `versions`, without `profile` and `adapter`."""
        model, model_version, digest = (None,) * 3 if self.model is None else self.model.columns
        return {
            "number": self.number,
            "created": self.created,
            "cause": self.cause,
            "members": np.array(self.members, "<i8").tobytes(),
            "model": model,
            "model_version": model_version,
            "model_digest": digest,
            "figures": None if self.figures is None else self.figures.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Profile:
    """One person, or one place.

    Attributes:
        id: its number, which no other profile ever gets.
        name: the user's.
        created: seconds since 1970, UTC.
        version: the current one; None before the first correction.
    """

    id: int
    name: str
    created: float
    version: Version | None

    @property
    def members(self) -> tuple[int, ...]:
        """The numbers of the corrections in the current version."""
        return () if self.version is None else self.version.members

    @property
    def model(self) -> ModelId | None:
        """The model it was taught with; None where it has no corrections."""
        return None if self.version is None else self.version.model

    def check_model(self, model: ModelId) -> None:
        """Refuses another model than the one that the profile was taught with.

        An embedding means nothing to another model, and its labels may be others.

        Raises:
            ProfileConflictError: it is another one.
        """
        if self.model not in (None, model):
            raise ProfileConflictError(
                f"profile '{self.name}' was taught with the model {self.model}, not with {model}",
                remedy="use that model, or update the profile: mien profile upgrade",
            )


@dataclass(frozen=True, slots=True)
class TeachResult:
    """What became of the corrections passed to `Profiles.teach`.

    Attributes:
        profile: in its new state.
        numbers: for each correction passed, the number that its face has in the profile; None
            where it is refused.
        refused: why a correction is refused, by its index.
        added: how many are new.
    """

    profile: Profile
    numbers: tuple[int | None, ...]
    refused: dict[int, str]
    added: int


def normalize_name(name: str) -> str:
    """Returns a name as it is stored: the same however its letters were typed."""
    return unicodedata.normalize("NFC", name)


def check_name(name: str) -> str:
    """Returns the name of a new profile as it is stored.

    Raises:
        ProfileError: it is not a valid name.
    """
    normalized = normalize_name(name)
    if not re.fullmatch(NAME, normalized):
        raise ProfileError(
            f"{name[:80]!r} is not a profile name",
            remedy="use 1 to 64 letters, digits, spaces and . ' - _, with a letter or digit first",
        )
    return normalized
