"""The files beside the database: kept films, and what is there only for a moment.

Their names are made of numbers. Nothing a client says is ever part of a path.
"""

import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

from mien.storage.errors import StoreError


class Files:
    """The folders of films and of files that do not last.

    Args:
        folder: where both are; it exists.

    Raises:
        StoreError: they cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._films, self._scratch = folder / "films", folder / "scratch"
        try:
            for place in (self._films, self._scratch):
                place.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{folder}: may not be written ({error.strerror}); choose another folder."
            ) from None

    def film(self, session: int) -> Path:
        """Returns where a session's film is, while it is analyzed and, if it is kept, after."""
        return self._films / f"{session}"

    def annotated(self, session: int) -> Path:
        """Returns where a session's film with the results drawn on it is, if it was made."""
        return self._films / f"{session}.mp4"

    def scratch(self) -> Path:
        """Makes an empty folder for a file that whoever asks for it removes again."""
        return Path(tempfile.mkdtemp(dir=self._scratch))

    def take(self, upload: Path, session: int) -> None:
        """Makes an uploaded film a session's."""
        upload.replace(self.film(session))

    def remove(self, session: int) -> None:
        """Removes a session's films, if it has any."""
        for path in (self.film(session), self.annotated(session)):
            path.unlink(missing_ok=True)

    def tidy(self, sessions: Collection[int]) -> None:
        """Removes what a kill has left behind: passing files, and films that nobody kept.

        Args:
            sessions: those whose film is kept.
        """
        shutil.rmtree(self._scratch)
        self._scratch.mkdir(mode=0o700)
        kept = {path.name for one in sessions for path in (self.film(one), self.annotated(one))}
        for path in self._films.iterdir():
            if path.name not in kept:
                path.unlink()
