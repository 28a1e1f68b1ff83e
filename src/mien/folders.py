"""Where the user's own data lies."""

from pathlib import Path

from platformdirs import user_data_path


def data_folder() -> Path:
    """Returns the user's data folder: `~/.local/share/mien` on Linux, unless XDG_DATA_HOME says."""
    return user_data_path("mien", appauthor=False)
