"""A real server for `server.py`: it ends when the process that started it does."""

import os
import sys
import threading
from pathlib import Path

from mien.server.run import Started, run
from mien.server.settings import Settings


def main(folder: str, model: str) -> None:
    """Serves without a limit of requests; prints the address once it responds."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    settings = Settings(
        port=0,
        folder=Path(folder),
        model=model,
        max_bytes=2 * 2**20,
        max_video_bytes=2 * 2**20,
        requests_a_minute=10**9,
        upload_seconds=2,
    )
    run(settings, on_start=_announce)


def _announce(started: Started) -> None:
    sys.stdout.write(f"{started.local}\n")
    sys.stdout.flush()


def _end_with_parent() -> None:
    sys.stdin.buffer.read()  # until the parent's end of it closes
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
