"""What users chose for good: it holds after a restart."""

import json

from mien.server.store.database import Database


class Preferences:
    """The table of preferences."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def keep_days(self) -> float | None:
        """The days until a session is deleted; None for never."""
        rows = self._database.rows("SELECT value FROM preferences WHERE name = 'keep_days'")
        days: float | None = json.loads(rows[0][0]) if rows else None
        return days

    @keep_days.setter
    def keep_days(self, days: float | None) -> None:
        with self._database.transaction() as write:
            write.execute(
                "INSERT OR REPLACE INTO preferences (name, value) VALUES ('keep_days', ?)",
                (json.dumps(days),),
            )
