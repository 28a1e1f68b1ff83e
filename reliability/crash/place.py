"""The folders that one run of a scenario may write to, and what stands in them."""

import hashlib
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"


@dataclass(frozen=True)
class Place:
    """Folders of one run: where it works, its user data, its cache and its scratch.

    Attributes:
        path: the folder that holds them.
    """

    path: Path

    @property
    def work(self) -> Path:
        """The working directory of the command."""
        return self.path / "work"

    @property
    def data(self) -> Path:
        """The user's data: profiles and sessions."""
        return self.path / "data"

    @property
    def scratch(self) -> Path:
        """The folder for temporary files."""
        return self.path / "tmp"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a command that writes nowhere else."""
        return os.environ | {
            "PYTHONPATH": os.pathsep.join([str(SOURCE), str(ROOT)]),
            "XDG_DATA_HOME": str(self.data),
            "XDG_CACHE_HOME": str(self.path / "cache"),
            "MPLCONFIGDIR": str(self.path.parent / "matplotlib"),  # its font list takes seconds
            "TMPDIR": str(self.scratch),
            "OMP_NUM_THREADS": "1",
            "NO_COLOR": "1",
            "COLUMNS": "200",
        }

    def make(self) -> "Place":
        """Makes the folders, empty; returns the place."""
        shutil.rmtree(self.path, ignore_errors=True)
        for folder in (self.work, self.data, self.scratch, self._logs):
            folder.mkdir(parents=True)
        return self

    @property
    def _logs(self) -> Path:
        return self.path / "logs"

    def next_log(self) -> Path:
        """Returns the path of a new log, for the standard error of one start."""
        return self._logs / f"{len(list(self._logs.glob('*.err'))):03}.err"

    @property
    def printed(self) -> str:
        """All that was printed here, of all starts in their order."""
        return "".join(path.read_text(errors="replace") for path in sorted(self._logs.iterdir()))

    def remove(self) -> None:
        """Removes the folders."""
        shutil.rmtree(self.path, ignore_errors=True)

    def left_over(self) -> list[str]:
        """Returns the scratch that a finished run left, as paths from the place's folder."""
        hidden = [path for path in self.work.rglob(".*") if path.is_file() or not any_in(path)]
        own = [path for path in self.data.rglob(".*") if path.is_file()]
        scratch = [path for path in self.scratch.rglob("*") if path.is_file()]
        return [str(path.relative_to(self.path)) for path in [*hidden, *own, *scratch]]


def any_in(folder: Path) -> bool:
    """Whether a folder has any entry."""
    return next(folder.iterdir(), None) is not None


def digest(path: Path) -> str:
    """Returns what tells the content of a file, or of all files of a folder, from any other."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    files = sorted(it for it in path.rglob("*") if it.is_file() and not it.name.startswith("."))
    parts = [f"{file.relative_to(path)} {digest(file)}" for file in files]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def compare_files(found: Path, whole: Path, names: Sequence[str], ended: bool) -> list[str]:
    """Returns which outputs are not those of the undisturbed run.

    Args:
        found: the working directory to judge.
        whole: that of the undisturbed run.
        names: of the outputs, files or folders.
        ended: whether the run ended; before that, an output may be absent.
    """
    wrong = []
    for name in names:
        path = found / name
        if not path.exists():
            wrong += [f"{name} is missing"] * ended
        elif digest(path) != digest(whole / name):
            wrong.append(f"{name} differs from that of the undisturbed run")
    return wrong


def mien(*arguments: object) -> list[str]:
    """Returns the command line of `mien`."""
    return [sys.executable, "-m", "mien", *map(str, arguments)]
