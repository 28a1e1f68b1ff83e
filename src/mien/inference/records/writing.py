"""What a writer of records is, and the words for a file that cannot be written."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from mien.errors import MediaError
from mien.results import FrameResult

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class RecordWriter(Protocol):
    """Takes the results of one source, or of several, frame by frame."""

    def write(self, result: FrameResult) -> None:
        """Writes one row a face; one row, empty from `person` on, where there is no face.

        Raises:
            MediaError: the file cannot be written any more.
            ValueError: the result is of other labels or attributes than the first.
        """


@contextmanager
def translate_errors(path: Path, when_full: str) -> Iterator[None]:
    """Turns an OSError of writing `path` into a MediaError with a remedy.

    Args:
        path: the file that is written.
        when_full: what a full disk leaves, and what to do; a clause without a full stop.
    """
    try:
        yield
    except FileExistsError:
        raise MediaError(
            "exists already", subject=path, remedy="name another file, or remove it"
        ) from None
    except FileNotFoundError:
        raise MediaError(
            "its folder does not exist", subject=path, remedy="create it first"
        ) from None
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        if error.errno in _FULL:
            raise MediaError(
                f"the disk is full ({reason})", subject=path, remedy=when_full
            ) from None
        raise MediaError(
            f"cannot be written ({reason})", subject=path, remedy="choose another place for it"
        ) from None
