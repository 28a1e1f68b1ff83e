"""A disk that fills up, as far as this process can tell."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_file_over(size: int) -> Iterator[None]:
    """Makes the system refuse to let a file grow beyond `size` bytes, as a full disk does.

    It holds for every file of the process, pytest's own output too, where that goes to one: so
    not for a whole test, but around the writing alone.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
