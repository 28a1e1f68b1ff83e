"""Inputs that are broken in every way that users meet."""

import os
import signal
from pathlib import Path
from typing import Any

from tests.inference.media.test_images import bomb
from tests.inference.media.videos import make_sound, make_video, regular


def save_broken(folder: Path, whole: Path) -> list[Path]:
    """Writes one input of each kind that cannot be analyzed.

    Args:
        folder: where they go.
        whole: a photo that can be.

    Returns:
        Their paths.
    """
    contents = {
        "empty.jpg": b"",
        "text.jpg": b"just text",
        "video.jpg": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
        "bomb.png": bomb(40_000, 40_000),
        "cut.png": whole.read_bytes()[: whole.stat().st_size // 2],
        "empty.mp4": b"",
        "text.mp4": b"just text",
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    early = make_video(folder / "early.mkv", regular(10, 40))
    early.write_bytes(early.read_bytes()[: early.stat().st_size * 2 // 3])
    (folder / "link.png").symlink_to(folder.parent / "outside.png")
    os.mkfifo(folder / "pipe.png")
    odd = folder / "bad\udcff\n.png"
    odd.write_bytes(b"broken")
    others = [
        early,
        make_sound(folder / "sound.mp4"),
        folder / "link.png",
        folder / "pipe.png",
        odd,
    ]
    return [*(folder / name for name in contents), *others]


class Deadly:
    """Kills whatever process unpickles it; only once, where it can create a mark.

    Args:
        mark: a file that does not exist yet.
    """

    def __init__(self, mark: Path | None = None) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return _die, (self._mark,)


def _die(mark: Path | None) -> str:
    if mark is None or not mark.exists():
        if mark:
            mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "survived"
