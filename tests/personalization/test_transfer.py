"""A whole exported file is imported without loss; of any other, nothing is."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mien.emotions import EMOTIONS
from mien.personalization.corrections import read_crop, write_crop
from mien.personalization.errors import ProfileConflictError, ProfileFileError
from mien.personalization.store import Profiles
from mien.personalization.transfer import (
    FORMAT,
    export_profile,
    import_profile,
    load_profile,
    save_profile,
)
from tests.disk import no_file_over
from tests.personalization.people import (
    MODEL,
    make_correction,
    make_corrections,
    predict,
    stored_labels,
)

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def taught(ada: Profiles) -> Profiles:
    """Ada, with an image, an undone correction, and five versions."""
    crop = np.arange(48 * 48, dtype=np.uint8).reshape(48, 48)
    ada.teach("Ada", [make_correction(1, image=write_crop(crop))])
    ada.teach("Ada", make_corrections(range(2, 6)))
    ada.teach("Ada", [make_correction(9, "sad")])
    ada.undo("Ada")
    ada.rollback("Ada", 2)
    return ada


@pytest.fixture
def exported(taught: Profiles) -> bytes:
    return export_profile(taught, "Ada")


def test_an_exported_profile_is_imported_without_loss(taught: Profiles, tmp_path: Path) -> None:
    save_profile(taught, "Ada", tmp_path / "ada.mien-profile")
    elsewhere = Profiles.open(tmp_path / "elsewhere")
    load_profile(elsewhere, tmp_path / "ada.mien-profile", "Bob")
    assert stored_labels(elsewhere, "Bob") == stored_labels(taught)
    assert elsewhere.versions("Bob") == taught.versions("Ada")
    assert elsewhere.get("Bob").created == taught.get("Ada").created
    image = elsewhere.corrections("Bob")[0].correction.image
    assert read_crop(image)[1, 2] == 50
    assert predict(elsewhere, 1, "Bob") == predict(taught, 1) == 3
    probe = make_correction(1).embedding[None], make_correction(1).probabilities[None]
    both = (store.adapter(name, MODEL) for store, name in ((taught, "Ada"), (elsewhere, "Bob")))
    first, second = (adapter.adapt(probe[1], probe[0]) for adapter in both if adapter)
    np.testing.assert_array_equal(first, second)
    assert elsewhere.rollback("Bob", 3).members == (1, 2, 3, 4, 5, 6)
    elsewhere.close()


def test_a_profile_without_corrections_is_imported(ada: Profiles) -> None:
    assert import_profile(ada, export_profile(ada, "Ada"), "file", "Bob").members == ()


def test_an_import_never_replaces_a_profile_of_its_name(taught: Profiles, exported: bytes) -> None:
    with pytest.raises(ProfileConflictError, match="profile 'Ada' already exists"):
        import_profile(taught, exported, "file")
    assert len(taught.list()) == 1


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_file_truncated_or_changed_anywhere_is_refused(
    taught: Profiles, exported: bytes, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(exported) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != exported[at]))
    for damaged in (exported[:at], exported[:at] + bytes([other]) + exported[at + 1 :]):
        with pytest.raises(ProfileFileError):
            import_profile(taught, damaged, "file", "Bob")
    assert [profile.name for profile in taught.list()] == ["Ada"]


def test_the_error_names_the_truncated_file(taught: Profiles, exported: bytes) -> None:
    with pytest.raises(ProfileFileError, match=r"^a\.mien: truncated or changed"):
        import_profile(taught, exported[:-100], "a.mien")


def test_a_file_of_a_newer_version_or_of_another_kind_is_refused(
    taught: Profiles, exported: bytes
) -> None:
    newer = exported.replace(FORMAT.encode(), b"mien-profile-3")
    with pytest.raises(ProfileFileError, match="written by a newer Mien"):
        import_profile(taught, newer, "file")
    with pytest.raises(ProfileFileError, match="not a profile"):
        import_profile(taught, b"\x89PNG\r\n\x1a\n", "file")


def forge(exported: bytes, change: Change) -> bytes:
    """The same file with other content, and the checksum of that."""
    content = json.loads(exported.partition(b"\n")[2])
    change(content)
    body = json.dumps(content).encode()
    return f"{FORMAT} {hashlib.sha256(body).hexdigest()}\n".encode() + body + b"\n"


def in_first(table: str, key: str, value: object) -> Change:
    return lambda content: content[table][0].update({key: value})


@pytest.mark.parametrize(
    "change",
    [
        in_first("corrections", "label", "bored"),
        in_first("corrections", "number", 2),
        in_first("corrections", "number", "1"),
        in_first("corrections", "step", 99),
        in_first("corrections", "created", float("nan")),
        in_first("corrections", "created", "now"),
        in_first("corrections", "created", -1.0),
        in_first("corrections", "created", 1e300),
        in_first("corrections", "number", 0),
        in_first("versions", "number", 0),
        in_first("corrections", "model", "a\ud800"),
        in_first("corrections", "embedding", ""),
        in_first("corrections", "embedding", "//9/fw=="),  # the largest float32
        in_first("corrections", "embedding", "AAAA"),
        in_first("corrections", "embedding", "!"),
        in_first("corrections", "embedding", "AAAAAA=="),
        in_first("corrections", "probabilities", ""),
        in_first("corrections", "picture", "iVBORw0KGgo="),
        in_first("corrections", "labels", None),
        in_first("corrections", "labels", "[]"),
        in_first("corrections", "labels", "{"),
        in_first("corrections", "labels", json.dumps("angry")),
        in_first("corrections", "labels", json.dumps([*EMOTIONS[:6], "sad"])),
        in_first("corrections", "labels", json.dumps([*EMOTIONS[:6], "unsure"])),
        in_first("corrections", "labels", json.dumps([*EMOTIONS[:6], "a\n"])),
        in_first("corrections", "labels", json.dumps(EMOTIONS[::-1])),
        lambda content: content["corrections"][0].pop("labels"),
        in_first("corrections", "model", None),
        in_first("corrections", "model_digest", "other"),
        in_first("versions", "members", "CQAAAAAAAAA="),
        in_first("versions", "members", ""),
        in_first("versions", "cause", "magic"),
        in_first("versions", "figures", "{}"),
        in_first("versions", "figures", None),
        in_first("versions", "number", 7),
        lambda content: content["corrections"][-1].update(number=2**70),
        lambda content: content["versions"][-1].update(number=2**70),
        lambda content: content.update(created=10**400),
        lambda content: content.update(name="../etc"),
        lambda content: content.update(name=None),
        lambda content: content.update(versions=None),
        lambda content: content.pop("corrections"),
        lambda content: content["corrections"].append([]),
    ],
)
def test_invalid_content_with_a_right_checksum_is_refused(
    taught: Profiles, exported: bytes, change: Change
) -> None:
    with pytest.raises(ProfileFileError, match="contains what no profile does"):
        import_profile(taught, forge(exported, change), "file", "Bob")
    assert [profile.name for profile in taught.list()] == ["Ada"]


def test_valid_content_with_a_right_checksum_is_imported(taught: Profiles, exported: bytes) -> None:
    same = forge(exported, lambda _: None)
    assert import_profile(taught, same, "file", "Bob").members == (1, 2, 3, 4, 5)


def test_a_full_disk_leaves_the_file_as_it_was(taught: Profiles, tmp_path: Path) -> None:
    target = tmp_path / "ada.mien-profile"
    target.write_bytes(b"old")
    with no_file_over(100), pytest.raises(ProfileFileError, match="cannot be written"):
        save_profile(taught, "Ada", target)
    assert target.read_bytes() == b"old"


def test_a_missing_file_is_an_error(profiles: Profiles, tmp_path: Path) -> None:
    with pytest.raises(ProfileFileError, match=r"nowhere: cannot be read \(No such file"):
        load_profile(profiles, tmp_path / "nowhere")
