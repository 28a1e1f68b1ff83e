"""What users chose for good: it holds after a restart."""

import json

from mien.server.store.database import FILE_NAME, Database
from mien.storage.rows import reading, take


class Preferences:
    """The table of preferences."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def keep_days(self) -> float | None:
        """The days until a session is deleted; None for never.

        Raises:
            DamagedError: it is no number.
        """
        rows = self._database.rows("SELECT value FROM preferences WHERE name = 'keep_days'")
        with reading(FILE_NAME, "the preference 'keep_days'"):
            days: float | None = take(json.loads(rows[0][0]), float | None) if rows else None
        return days

    @keep_days.setter
    def keep_days(self, days: float | None) -> None:
        with self._database.transaction() as write:
            write.execute(
                "INSERT OR REPLACE INTO preferences (name, value) VALUES ('keep_days', ?)",
                (json.dumps(days),),
            )
