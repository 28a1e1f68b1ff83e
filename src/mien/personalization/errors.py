"""The errors of profiles, and of the files they are exported to."""

from mien.errors import ProfileError


class UnknownProfileError(ProfileError):
    """There is no profile of this name or id, or it has no correction or version of this number."""


class ProfileConflictError(ProfileError):
    """A request contradicts what the profile contains."""


class ProfileFileError(ProfileError):
    """An exported file is truncated, was changed, or contains what no profile can."""
