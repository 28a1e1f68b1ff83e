"""What users chose for good: it holds after a restart."""

import json
import sqlite3

from mien.server.store.database import FILE_NAME, Database
from mien.storage.rows import reading, take


def read_preference(row: sqlite3.Row) -> float | None:
    """Reads a row of the table `preferences`; raises DamagedError where it is none."""
    with reading(FILE_NAME, f"the preference '{row['name']}'"):
        value: float | None = take(json.loads(row["value"]), float | None)
        return value


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
        rows = self._database.rows("SELECT * FROM preferences WHERE name = 'keep_days'")
        return read_preference(rows[0]) if rows else None

    @keep_days.setter
    def keep_days(self, days: float | None) -> None:
        with self._database.transaction() as write:
            write.execute(
                "INSERT OR REPLACE INTO preferences (name, value) VALUES ('keep_days', ?)",
                (json.dumps(days),),
            )
