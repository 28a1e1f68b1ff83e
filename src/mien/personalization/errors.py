"""What can be wrong with a profile, or with what is asked of one."""

from mien.errors import ProfileError


class UnknownProfileError(ProfileError):
    """There is no profile of this name, or nothing of this number in it."""


class ProfileConflictError(ProfileError):
    """What is asked for contradicts what the profile holds."""


class ProfileFileError(ProfileError):
    """A file that was exported is truncated, was changed, or holds what no profile can."""
