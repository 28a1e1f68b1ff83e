"""One profile, as it is now, and what teaching it gave."""

from dataclasses import dataclass

from mien.personalization.errors import ProfileConflictError
from mien.personalization.models import ModelId
from mien.personalization.versions import Version


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
                f"profile '{self.name}' was taught with the model {self.model}, and this is "
                f"{model}; use that one, or carry the profile over: mien profile upgrade."
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
