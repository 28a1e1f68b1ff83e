"""The folder of a study: what is to be coded, and each coder's codes.

It is blind: nothing in it tells the model's label of a stretch.

    study.json      version, options, seed, labels, and the records that the plan was made of
    stretches.csv   the stretches to code
    codes/anna.csv  what one coder saw in each
"""

import json
import re
import threading
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mien.clocks import format_clock
from mien.errors import StudyError
from mien.files import new_folder, replacing
from mien.study.design.stretch import Stretch, format_stretches, read_stretches, read_whole
from mien.study.events.cells import read_sheet, write_sheet

__all__ = ["CANNOT_TELL", "Stretch", "StudyFolder"]

VERSION = 1
STUDY, STRETCHES, CODES = "study.json", "stretches.csv", "codes"
CANNOT_TELL = ""
"""The code of a stretch in which the coder cannot tell the expression."""

_CODER = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CODE_COLUMNS = ("stretch", "code", "clock")
_saving = threading.Lock()


@dataclass(frozen=True)
class StudyFolder:
    """A study on disk; each coder has a file, so several can code at once.

    Attributes:
        path: of the folder.
        labels: what a stretch can be coded as.
        stretches: in the order of their ids.
        options: those of the plan, with its `seed`.
        recordings: of each, its `name`, `source`, `records` (the path from this folder, or an
            absolute one) and `sha256`, by file name: of the records, and of the events and names
            of people beside them.

    Example:
        >>> study = StudyFolder.open("study")  # doctest: +SKIP
        >>> study.save_code("anna", study.order("anna")[0], "happy")  # doctest: +SKIP
    """

    path: Path
    labels: tuple[str, ...]
    stretches: tuple[Stretch, ...]
    options: Mapping[str, Any]
    recordings: Sequence[Mapping[str, Any]]

    @classmethod
    def create(
        cls,
        path: str | Path,
        stretches: Sequence[Stretch],
        options: Mapping[str, Any],
        labels: Sequence[str],
        recordings: Sequence[Mapping[str, Any]],
    ) -> "StudyFolder":
        """Makes the folder of a new study.

        Raises:
            StudyError: the folder has files already, or cannot be written.
        """
        folder = Path(path)
        content = {
            "version": VERSION,
            "seed": options.get("seed", 0),
            "options": dict(options),
            "labels": list(labels),
            "recordings": [dict(recording) for recording in recordings],
        }
        if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
            raise StudyError("exists already", subject=folder, remedy="choose another folder")
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with new_folder(folder) as beside:
                (beside / CODES).mkdir()
                _write(beside / STRETCHES, format_stretches(stretches))
                _write(beside / STUDY, json.dumps(content, indent=2) + "\n")
        except OSError as error:
            raise _unwritable(folder, error) from None
        return cls.open(folder)

    @classmethod
    def open(cls, path: str | Path) -> "StudyFolder":
        """Opens the folder of a study.

        Raises:
            StudyError: a file of it is missing, damaged, or of a newer version.
        """
        folder = Path(path)
        content = _read_study(folder / STUDY)
        stretches = read_stretches(folder / STRETCHES)
        labels = tuple(content["labels"])
        return cls(folder, labels, stretches, content["options"], content["recordings"])

    def order(self, coder: str) -> list[int]:
        """Returns the ids of the stretches in this coder's own random order, always the same."""
        seed = [int(self.options.get("seed", 0)), zlib.crc32(_check_coder(coder).encode())]
        ids = np.array([stretch.id for stretch in self.stretches], np.int64)
        return [int(number) for number in np.random.default_rng(seed).permutation(ids)]

    def coders(self) -> list[str]:
        """Returns the names of those who have codes, in alphabetical order."""
        return sorted(path.stem for path in (self.path / CODES).glob("[!.]*.csv"))

    def codes(self, coder: str) -> dict[int, str]:
        """Returns a coder's code of each stretch that they coded; "" is "cannot tell".

        Raises:
            StudyError: the file is damaged, or has a stretch or label that the study lacks.
        """
        return {number: code for number, (code, _) in self._read(coder).items()}

    def save_code(self, coder: str, stretch_id: int, code: str) -> None:
        """Saves one code at once; a stretch that is coded again has the new code.

        Args:
            coder: letters, digits, - and _.
            stretch_id: of one of `stretches`.
            code: one of `labels`, or "" for "cannot tell".

        Raises:
            StudyError: the study has no such stretch or label, or the file cannot be written.
        """
        _check_coder(coder)
        self._check(stretch_id, code)
        with _saving:
            saved = self._read(coder)
            saved[stretch_id] = (code, format_clock(time.time()))
            rows = [(number, *saved[number]) for number in sorted(saved)]
            path = self._codes_path(coder)
            try:
                path.parent.mkdir(exist_ok=True)
                _write(path, write_sheet(_CODE_COLUMNS, rows))
            except OSError as error:
                raise _unwritable(path, error) from None

    def _codes_path(self, coder: str) -> Path:
        return self.path / CODES / f"{_check_coder(coder)}.csv"

    def _read(self, coder: str) -> dict[int, tuple[str, str]]:
        path = self._codes_path(coder)
        if not path.is_file():
            return {}
        found = {}
        for row in read_sheet(path).rows:
            with row.located():
                number, code = read_whole(row, "stretch"), row.text("code")
                self._check(number, code)
                found[number] = (code, row.text("clock"))
        return found

    def _check(self, stretch_id: int, code: str) -> None:
        if not 1 <= stretch_id <= len(self.stretches):
            raise StudyError(
                f"there is no stretch {stretch_id}",
                remedy=f"the study has the stretches 1 to {len(self.stretches)}",
            )
        if code != CANNOT_TELL and code not in self.labels:
            raise StudyError(
                f"unknown label '{code}'", remedy=f"choose from {', '.join(self.labels)}"
            )


def _check_coder(coder: str) -> str:
    if not _CODER.fullmatch(coder):
        raise StudyError(
            f"'{coder}' cannot name a coder", remedy="use letters, digits, - and _, at most 64"
        )
    return coder


def _read_study(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
        if content["version"] > VERSION:
            raise StudyError(
                f"written by a newer Mien; this one opens studies of version {VERSION}",
                subject=path,
                remedy="update Mien",
            )
        parts = zip(("labels", "options", "recordings"), (list, dict, list), strict=True)
        if not all(isinstance(content[name], kind) for name, kind in parts):
            raise ValueError
    except OSError as error:
        raise StudyError(
            f"no study there ({error.strerror})",
            subject=path,
            remedy="give the --out folder of `mien study plan`",
        ) from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise StudyError("is damaged", subject=path, remedy="restore it from a copy") from None
    return dict(content)


def _write(path: Path, text: str) -> None:
    with replacing(path) as beside:
        beside.write_bytes(text.encode("utf-8", "surrogateescape"))


def _unwritable(path: Path, error: OSError) -> StudyError:
    return StudyError(
        f"cannot be written ({error.strerror})", subject=path, remedy="choose another place"
    )
