"""Where the user's own data lies, and what a folder takes."""

import os
from contextlib import suppress
from pathlib import Path

from platformdirs import user_data_path


def data_folder() -> Path:
    """Returns the user's data folder: `~/.local/share/mien` on Linux, unless XDG_DATA_HOME says."""
    return user_data_path("mien", appauthor=False)


def count_bytes(folder: Path) -> int:
    """Returns what the files of a folder take, in bytes; some may be removed meanwhile."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += Path(parent, name).stat().st_size
    return total
