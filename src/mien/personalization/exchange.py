"""A profile as a single file: all its corrections and versions, checksummed.

The first line names the format and the SHA-256 of the second; the second is JSON, as the tables
have it, bytes in Base64. docs/profiles.md says more.
"""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from mien.files import replacing
from mien.personalization.errors import ProfileFileError
from mien.personalization.incoming import read_content
from mien.personalization.profile import Profile
from mien.personalization.rows import add_profile, write_corrections
from mien.personalization.store import Profiles
from mien.personalization.versions import add_version, write_version

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
            f"{path}: cannot be written ({error.strerror}); give another file."
        ) from None


def load_profile(profiles: Profiles, path: Path, name: str | None = None) -> Profile:
    """Reads what `save_profile` wrote; raises as `import_profile` does."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ProfileFileError(
            f"{path}: cannot be read ({error.strerror}); check the path."
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
        raise ProfileFileError(f"{source}: is no profile; give a file from 'mien profile export'.")
    if kind != FORMAT:
        raise ProfileFileError(f"{source}: is of a newer Mien ({kind}); update Mien.")
    body = rest.removesuffix(b"\n")
    if hashlib.sha256(body).hexdigest() != checksum or rest == body:
        raise ProfileFileError(
            f"{source}: is truncated or was changed, so nothing of it is taken; export it again."
        )
    return body
