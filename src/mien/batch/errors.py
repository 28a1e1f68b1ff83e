"""What can go wrong with a job as a whole."""

from mien.errors import MienError


class BatchError(MienError):
    """A job cannot start, or cannot go on; what it has written stays valid."""
