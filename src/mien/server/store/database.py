"""Studio's file, which belongs to one process.

It is locked for as long as it is open, so that a second server never takes the first one's
unfinished work for abandoned.
"""

from pathlib import Path

from mien.server.store import migrations
from mien.storage import database
from mien.storage.database import HIGHEST, Value

__all__ = ["HIGHEST", "Database", "Value"]

_STUDIO = 0x4D69656E  # "Mien", at the place where SQLite keeps whose a file is
_PATIENCE = 2.0  # seconds to wait for another program, such as a server that is about to end


class Database(database.Database):
    """Studio's database, open; see `mien.storage.database.Database`.

    Args:
        path: the file, made where there is none.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, _STUDIO, migrations.MIGRATIONS, True, _PATIENCE)
