"""What an exported file holds, believed only where it is what a profile can hold.

A checksum tells damage, not intent: whoever changes a file can count anew. So every value is looked
at, and one that no profile of ours could have refuses the file.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from math import isfinite
from typing import Any

from mien.errors import ProfileError
from mien.personalization.corrections import Correction, Kept
from mien.personalization.crops import read_crop
from mien.personalization.errors import ProfileFileError
from mien.personalization.learn import Figures
from mien.personalization.models import ModelId
from mien.personalization.names import check_name
from mien.personalization.versions import CAUSES, Version
from mien.storage.database import HIGHEST

_BYTES = ("embedding", "probabilities", "picture", "members")
_WRONG = (
    *(ProfileError, ValueError, TypeError, KeyError, AttributeError, OverflowError),
    RecursionError,
)
_LATEST = 253_402_300_799.0  # the last second of the year 9999


@dataclass(frozen=True, slots=True)
class Content:
    """A profile that is to be added.

    Attributes:
        name: what it was called.
        created: seconds since 1970, UTC.
        corrections: those that were undone, too.
        versions: from the first; what the last one has learned is to be learned again.
    """

    name: str
    created: float
    corrections: list[Kept]
    versions: list[Version]


def read_content(body: bytes, source: str) -> Content:
    """Reads the JSON of an exported file.

    Raises:
        ProfileFileError: it is not what `export_profile` writes.
    """
    try:
        given = json.loads(body)
        content = Content(
            given["name"],
            float(given["created"]),
            [Kept.from_row(_row(row)) for row in given["corrections"]],
            [Version.from_row(_row(row)) for row in given["versions"]],
        )
        _check(content)
    except _WRONG as error:
        raise ProfileFileError(
            f"{source}: holds what no profile does ({error}), so nothing of it is taken; export it "
            "again."
        ) from None
    return content


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    blobs = {
        key: base64.b64decode(row[key], validate=True) for key in _BYTES if row.get(key) is not None
    }
    return {**row, **blobs}


def _check(content: Content) -> None:
    check_name(content.name)
    kept, versions = content.corrections, content.versions
    _check_numbers([one.number for one in kept])
    _check_numbers([one.number for one in versions])
    times = [content.created, *(one.created for one in kept), *(one.created for one in versions)]
    if not all(isinstance(time, float) and 0 <= time <= _LATEST for time in times):
        raise ValueError("a time is no number of seconds")
    for one in kept:
        _check_correction(one, len(versions))
    of = {one.number: one.correction for one in kept}
    for version in versions:
        _check_version(version, [of[number] for number in version.members])


def _check_numbers(numbers: list[int]) -> None:
    if any(type(number) is not int or not 1 <= number <= HIGHEST for number in numbers):
        raise ValueError("a number is not one of a row")
    if any(before >= after for before, after in pairwise(numbers)):
        raise ValueError("its numbers do not ascend")


def _check_correction(one: Kept, last: int) -> None:
    if type(one.step) is not int or not 1 <= one.step <= last:
        raise ValueError(f"correction {one.number} came with no version")
    _check_model(one.correction.model)
    if one.correction.picture is not None:
        read_crop(one.correction.picture)


def _check_version(version: Version, members: list[Correction]) -> None:
    if version.cause not in CAUSES or len(set(version.members)) < len(members):
        raise ValueError(f"version {version.number} is none")
    if not members and (version.model, version.figures) == (None, None):
        return
    if version.model is None or version.figures is None:
        raise ValueError(f"version {version.number} is of no model")
    _check_figures(version.figures)
    if {one.model for one in members} != {version.model}:
        raise ValueError(f"version {version.number} is of several models")
    if len({len(one.embedding) for one in members}) > 1:
        raise ValueError(f"version {version.number} has faces of several lengths")


def _check_model(model: ModelId) -> None:
    if not all(isinstance(part, str) and part.isprintable() for part in model.columns):
        raise ValueError("a model is not named")


def _check_figures(figures: Figures) -> None:
    values = asdict(figures)
    drift, gate = values.pop("drift"), values.pop("gate_open")
    numbers = all(type(value) in (int, float) and isfinite(value) for value in values.values())
    if type(gate) is not bool or not numbers:
        raise ValueError("what a version is worth is not told")
    if drift is not None and not (isinstance(drift, str) and drift.isprintable()):
        raise ValueError("its drift is no sentence")
