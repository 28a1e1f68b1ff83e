"""A profile as a single file: all its corrections and versions, checksummed.

The first line names the format and the SHA-256 of the second; the second is JSON, with the rows of
the tables, bytes in Base64. docs/profiles.md says more.
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

from mien.emotions import EMOTIONS
from mien.errors import ModelError, ProfileError
from mien.files import replacing
from mien.inference.model_card import check_labels
from mien.personalization.corrections import Correction, ModelId, StoredCorrection, read_crop
from mien.personalization.errors import ProfileFileError
from mien.personalization.learning import Figures
from mien.personalization.profile import CAUSES, Profile, Version, check_name
from mien.personalization.store import Profiles, relearn_version
from mien.personalization.tables import (
    export_rows,
    insert_corrections,
    insert_profile,
    insert_version,
)
from mien.storage.database import HIGHEST

FORMAT = "mien-profile-2"
_VERSION_0_1 = "mien-profile-1"  # without the models' labels, which were FER2013's
_PREFIX = "mien-profile-"
_NOT_EXPORTED = ("profile", "adapter")  # another number where it is imported, and learned again
_BYTES = ("embedding", "probabilities", "picture", "members")
_INVALID = (
    *(ModelError, ProfileError, ValueError, TypeError, KeyError, AttributeError, OverflowError),
    RecursionError,
)
_MAX_TIME = 253_402_300_799.0  # the last second of the year 9999


def export_profile(profiles: Profiles, name: str) -> bytes:
    """Returns a profile as the bytes of a file, with the corrections that were undone.

    Raises:
        UnknownProfileError: there is no such profile.
    """
    with profiles.database.transaction():  # so that both tables are of one moment
        profile = profiles.get(name)
        content = {
            "name": profile.name,
            "created": profile.created,
            "corrections": _export_table(profiles, "corrections", profile.id),
            "versions": _export_table(profiles, "versions", profile.id),
        }
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return f"{FORMAT} {hashlib.sha256(body).hexdigest()}\n".encode() + body + b"\n"


def save_profile(profiles: Profiles, name: str, path: Path) -> None:
    """Writes a profile to a file, whole or not at all.

    Raises:
        UnknownProfileError: there is no such profile.
        ProfileFileError: the file cannot be written.
    """
    content = export_profile(profiles, name)
    try:
        with replacing(path) as beside:
            beside.write_bytes(content)
    except OSError as error:
        raise ProfileFileError(
            f"cannot be written ({error.strerror})", subject=path, remedy="choose another file"
        ) from None


def load_profile(profiles: Profiles, path: Path, name: str | None = None) -> Profile:
    """Reads a file that `save_profile` wrote; the rest is as in `import_profile`."""
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
    """Adds an exported profile, all of it or nothing. Files of version 0.1 are read, too.

    Args:
        profiles: where to.
        data: the file's bytes.
        source: what messages call it.
        name: the new profile's; None for the one it was exported with.

    Raises:
        ProfileFileError: the file is truncated, was changed, or is of a newer version.
        ProfileConflictError: a profile has this name already.
    """
    content = _parse(data, source)
    with profiles.database.transaction() as write:
        profile = insert_profile(write, name or content.name, content.created)
        insert_corrections(write, profile, content.corrections)
        for version in content.versions[:-1]:
            insert_version(write, profile, version)
        for version in content.versions[-1:]:
            members = [row for row in content.corrections if row.number in version.members]
            relearn_version(write, profile, version, members)
    return profiles.get(name or content.name)


def _export_table(profiles: Profiles, table: str, profile: int) -> list[dict[str, Any]]:
    return [
        {key: _to_plain(row[key]) for key in row.keys() if key not in _NOT_EXPORTED}  # noqa: SIM118
        for row in export_rows(profiles.database, table, profile)
    ]


def _to_plain(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


@dataclass(frozen=True, slots=True)
class _Content:
    """The profile in an exported file.

    Attributes:
        name: it was exported with.
        created: seconds since 1970, UTC.
        corrections: also those undone.
        versions: from the first; the adapter of the last is learned again.
    """

    name: str
    created: float
    corrections: list[StoredCorrection]
    versions: list[Version]


def _parse(data: bytes, source: str) -> _Content:
    """Reads and validates an exported file: what passes can be stored.

    Raises:
        ProfileFileError: it is not a file that `export_profile` wrote.
    """
    file_format, body = _split(data, source)
    try:
        values = json.loads(body)
        if file_format == _VERSION_0_1:
            labels = {"labels": json.dumps(EMOTIONS)}
            values["corrections"] = [row | labels for row in values["corrections"]]
        content = _Content(
            values["name"],
            float(values["created"]),
            [StoredCorrection.from_row(_from_plain(row)) for row in values["corrections"]],
            [Version.from_row(_from_plain(row)) for row in values["versions"]],
        )
        _validate(content)
    except _INVALID as error:
        raise ProfileFileError(
            f"contains what no profile does ({error}), so nothing was imported",
            subject=source,
            remedy="export it again",
        ) from None
    return content


def _split(data: bytes, source: str) -> tuple[str, bytes]:
    """Checks the first line of a file; returns the format it names, and the second line."""
    head, _, rest = data.partition(b"\n")
    file_format, _, checksum = head.decode("latin-1").partition(" ")
    if not file_format.startswith(_PREFIX):
        raise ProfileFileError(
            "not a profile", subject=source, remedy="choose a file from 'mien profile export'"
        )
    if file_format not in (FORMAT, _VERSION_0_1):
        raise ProfileFileError(
            f"written by a newer Mien ({file_format})", subject=source, remedy="update Mien"
        )
    body = rest.removesuffix(b"\n")
    if hashlib.sha256(body).hexdigest() != checksum or rest == body:
        raise ProfileFileError(
            "truncated or changed, so nothing was imported",
            subject=source,
            remedy="export it again",
        )
    return file_format, body


def _from_plain(row: Mapping[str, Any]) -> dict[str, Any]:
    blobs = {
        key: base64.b64decode(row[key], validate=True) for key in _BYTES if row.get(key) is not None
    }
    return {**row, **blobs}


def _validate(content: _Content) -> None:
    check_name(content.name)
    corrections, versions = content.corrections, content.versions
    _validate_numbers([correction.number for correction in corrections])
    _validate_numbers([version.number for version in versions])
    times = [correction.created for correction in corrections]
    times += [content.created, *(version.created for version in versions)]
    if not all(isinstance(time, float) and 0 <= time <= _MAX_TIME for time in times):
        raise ValueError("a time is no number of seconds")
    for correction in corrections:
        _validate_correction(correction, len(versions))
    by_number = {correction.number: correction.correction for correction in corrections}
    for version in versions:
        _validate_version(version, [by_number[number] for number in version.members])


def _validate_numbers(numbers: list[int]) -> None:
    if any(type(number) is not int or not 1 <= number <= HIGHEST for number in numbers):
        raise ValueError("a number is not that of a row")
    if any(before >= after for before, after in pairwise(numbers)):
        raise ValueError("its numbers do not ascend")


def _validate_correction(row: StoredCorrection, last: int) -> None:
    if type(row.step) is not int or not 1 <= row.step <= last:
        raise ValueError(f"correction {row.number} was added with no version")
    _validate_model(row.correction.model)
    check_labels(row.correction.labels)
    if row.correction.image is not None:
        read_crop(row.correction.image)


def _validate_model(model: ModelId) -> None:
    if not all(isinstance(part, str) and part.isprintable() for part in model.columns):
        raise ValueError("a model has no name")


def _validate_version(version: Version, members: list[Correction]) -> None:
    if version.cause not in CAUSES or len(set(version.members)) < len(members):
        raise ValueError(f"version {version.number} has an unknown cause or a member twice")
    if not members and (version.model, version.figures) == (None, None):
        return
    if version.model is None or version.figures is None:
        raise ValueError(f"version {version.number} has no model or no figures")
    _validate_figures(version.figures)
    if {member.model for member in members} != {version.model}:
        raise ValueError(f"version {version.number} is of several models")
    if len({(len(member.embedding), member.labels) for member in members}) > 1:
        raise ValueError(f"version {version.number} has several sets of labels or embeddings")


def _validate_figures(figures: Figures) -> None:
    values = asdict(figures)
    drift, generalizes = values.pop("drift"), values.pop("generalizes")
    finite = all(type(value) in (int, float) and isfinite(value) for value in values.values())
    if type(generalizes) is not bool or not finite:
        raise ValueError("a figure is not a number")
    if drift is not None and not (isinstance(drift, str) and drift.isprintable()):
        raise ValueError("a warning of drift is not a sentence")
