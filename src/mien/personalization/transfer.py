"""A profile as a single file: all its corrections and versions, checksummed.

The first line names the format and the SHA-256 of the second; the second is JSON, as the tables
have it, bytes in Base64. docs/profiles.md says more.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import Any

from mien.errors import ProfileError
from mien.files import replacing
from mien.personalization.corrections import Correction, Kept, ModelId, read_crop
from mien.personalization.errors import ProfileFileError
from mien.personalization.learning import Figures
from mien.personalization.profile import (
    CAUSES,
    Profile,
    Version,
    add_version,
    check_name,
    write_version,
)
from mien.personalization.store import Profiles, add_profile, write_corrections
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
            f"holds what no profile does ({error}), so nothing of it is taken",
            subject=source,
            remedy="export it again",
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
    if one.correction.image is not None:
        read_crop(one.correction.image)


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


FORMAT = "mien-profile-1"
_LEFT_OUT = ("profile", "adapter")  # another number there, and learned again


def export_profile(profiles: Profiles, name: str) -> bytes:
    """Returns a profile as the bytes of a file, what was undone included.

    Raises:
        UnknownProfileError: there is none of this name.
    """
    with profiles.database.transaction():  # so that both tables are of one moment
        profile = profiles.get(name)
        content = {"name": profile.name, "created": profile.created}
        for table in ("corrections", "versions"):
            content[table] = _rows(profiles, table, profile)
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return f"{FORMAT} {hashlib.sha256(body).hexdigest()}\n".encode() + body + b"\n"


def save_profile(profiles: Profiles, name: str, path: Path) -> None:
    """Writes a profile to a file, whole or not at all; raises as `export_profile` does.

    Raises:
        ProfileFileError: the file cannot be written.
    """
    content = export_profile(profiles, name)
    try:
        with replacing(path) as beside:
            beside.write_bytes(content)
    except OSError as error:
        raise ProfileFileError(
            f"cannot be written ({error.strerror})", subject=path, remedy="give another file"
        ) from None


def load_profile(profiles: Profiles, path: Path, name: str | None = None) -> Profile:
    """Reads what `save_profile` wrote; raises as `import_profile` does."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ProfileFileError(
            f"cannot be read ({error.strerror})", subject=path, remedy="check the path"
        ) from None
    return import_profile(profiles, data, str(path), name)


def import_profile(
    profiles: Profiles, data: bytes, source: str, name: str | None = None
) -> Profile:
    """Adds an exported profile, all of it or nothing.

    Args:
        profiles: where to.
        data: the file's bytes.
        source: what messages call it.
        name: what to call the profile; None is as it was called.

    Raises:
        ProfileFileError: the file is truncated, was changed, or is of a newer version.
        ProfileConflictError: there is a profile of this name already.
    """
    content = read_content(_checked(data, source), source)
    with profiles.database.transaction() as write:
        profile = add_profile(write, name or content.name, content.created)
        write_corrections(write, profile, content.corrections)
        for version in content.versions[:-1]:
            write_version(write, profile, version)
        for version in content.versions[-1:]:
            members = [one for one in content.corrections if one.number in version.members]
            add_version(write, profile, version, members)
    return profiles.get(name or content.name)


def _rows(profiles: Profiles, table: str, profile: Profile) -> list[dict[str, Any]]:
    rows = profiles.database.rows(
        f"SELECT * FROM {table} WHERE profile = ? ORDER BY number",  # noqa: S608
        (profile.id,),
    )
    return [
        {key: _plain(row[key]) for key in row.keys() if key not in _LEFT_OUT}  # noqa: SIM118
        for row in rows
    ]


def _plain(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _checked(data: bytes, source: str) -> bytes:
    """Returns the second line of a file whose first line tells its checksum rightly."""
    head, _, rest = data.partition(b"\n")
    kind, _, checksum = head.decode("latin-1").partition(" ")
    if not kind.startswith("mien-profile-"):
        raise ProfileFileError(
            "is no profile", subject=source, remedy="give a file from 'mien profile export'"
        )
    if kind != FORMAT:
        raise ProfileFileError(f"is of a newer Mien ({kind})", subject=source, remedy="update Mien")
    body = rest.removesuffix(b"\n")
    if hashlib.sha256(body).hexdigest() != checksum or rest == body:
        raise ProfileFileError(
            "is truncated or was changed, so nothing of it is taken",
            subject=source,
            remedy="export it again",
        )
    return body
