"""The error of a job as a whole."""

from mien.errors import MienError


class BatchError(MienError):
    """A job cannot start or cannot resume; what it has written stays valid."""


def first_line(error: Exception) -> str:
    """Returns the first line of a library's error; those of pyarrow and Ray have many."""
    return str(error).strip().partition("\n")[0]
