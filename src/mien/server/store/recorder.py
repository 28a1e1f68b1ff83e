"""Frames to a session in batches, so that the disk is not waited for a frame."""

import time

from mien.server.store.faces import Faces, Seen

EVERY = 1.0
"""Seconds between two writes: what a kill may take, of frames that nobody was told are stored."""


class Recorder:
    """Holds frames of one session and writes them once a second.

    Args:
        faces: the table.
        session: the number of one that is being recorded.
    """

    def __init__(self, faces: Faces, session: int) -> None:
        self._faces, self._session = faces, session
        self._held: list[Seen] = []
        self._due = time.monotonic() + EVERY

    def write(self, seen: Seen) -> bool:
        """Takes a frame, and tells whether all that was taken is now stored.

        Raises:
            StoreError: what was held cannot be written; it is lost.
        """
        self._held.append(seen)
        if time.monotonic() < self._due:
            return False
        self.flush()
        return True

    def flush(self) -> None:
        """Writes what is held; raises as `write` does."""
        held, self._held = self._held, []
        self._due = time.monotonic() + EVERY
        self._faces.add(self._session, held)
