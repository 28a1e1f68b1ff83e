"""Profiles and exported profiles of earlier versions open, learn and migrate without loss."""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien.emotions import EMOTIONS
from mien.inference.classifier import Classifier
from mien.personalization.corrections import ModelId, StoredCorrection, read_crop
from mien.personalization.errors import ProfileFileError
from mien.personalization.store import FILE_NAME, Profiles
from mien.personalization.tables import read_corrections
from mien.personalization.transfer import export_profile, import_profile, load_profile
from mien.personalization.upgrade import upgrade_profile
from mien.storage.errors import StoreError
from tests.personalization.people import MODEL, make_correction, predict, stored_labels

VERSION_0_1 = Path(__file__).parent / "version_0_1"
EXPORTED = VERSION_0_1 / "ada.mien-profile"
ANSWERS = json.loads((VERSION_0_1 / "answers.json").read_text("utf-8"))
NAMES = ("Ada", "Zoé")


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Profiles]:
    """The profiles of version 0.1, opened by this version."""
    (tmp_path / "old").mkdir()
    shutil.copy(VERSION_0_1 / FILE_NAME, tmp_path / "old")
    profiles = Profiles.open(tmp_path / "old")
    yield profiles
    profiles.close()


def adapt(profiles: Profiles, name: str) -> np.ndarray:
    adapter = profiles.adapter(name, MODEL)
    assert adapter is not None
    probabilities = np.array(ANSWERS["probabilities"], np.float32)
    return adapter.adapt(probabilities, np.array(ANSWERS["embeddings"], np.float32))


def read_raw(path: Path, table: str) -> list[dict[str, Any]]:
    """The rows of a table, as SQLite has them."""
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    rows = [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]
    connection.close()
    return rows


# ---- The database


def test_all_profiles_of_version_0_1_open(old: Profiles) -> None:
    assert [profile.name for profile in old.list()] == ["Ada", "Bob", "Zoé"]
    assert old.adapter("Bob", MODEL) is None
    for name in NAMES:
        expected, profile = ANSWERS["profiles"][name], old.get(name)
        assert list(profile.members) == expected["members"]
        assert [version.number for version in old.versions(name)] == expected["versions"]
        assert [label for _, label in stored_labels(old, name)] == expected["labels"]
        assert profile.model == MODEL


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_of_version_0_1_adapts_as_it_did(old: Profiles, name: str) -> None:
    expected = ANSWERS["profiles"][name]
    np.testing.assert_allclose(adapt(old, name), expected["answers"], atol=1e-6)
    figures = old.get(name).version.figures
    assert (figures.generalizes, figures.samples) == (expected["generalizes"], expected["samples"])
    assert figures.adapted_log_loss == expected["adapted_log_loss"]
    assert figures.adapted_accuracy == expected["adapted_accuracy"]


@pytest.mark.parametrize("name", NAMES)
def test_learning_again_gives_what_version_0_1_learned(old: Profiles, name: str) -> None:
    last = old.versions(name)[-1]
    old.rollback(name, last.number)
    expected = ANSWERS["profiles"][name]
    np.testing.assert_allclose(adapt(old, name), expected["answers"], atol=1e-6)
    again = old.get(name).version.figures
    assert again.generalizes == last.figures.generalizes
    assert again.adapted_log_loss == pytest.approx(last.figures.adapted_log_loss, abs=1e-6)


def test_migration_keeps_every_value_and_adds_the_labels(old: Profiles, tmp_path: Path) -> None:
    old.close()
    for table in ("profiles", "corrections", "versions"):
        before = read_raw(VERSION_0_1 / FILE_NAME, table)
        after = read_raw(tmp_path / "old" / FILE_NAME, table)
        if table == "corrections":
            assert {row.pop("labels") for row in after} == {json.dumps(EMOTIONS)}
        assert after == before
        assert before


def test_stored_crops_of_version_0_1_are_read(old: Profiles) -> None:
    crops = [row.correction.image for row in old.corrections("Ada") if row.correction.image]
    assert [read_crop(crop).shape for crop in crops] == [(48, 48)] * len(crops)
    assert len(crops) == 3


def test_a_profile_of_version_0_1_is_taught_undone_and_rolled_back(old: Profiles) -> None:
    assert old.teach("Ada", [make_correction(0, "happy")]).added == 0  # stored already
    result = old.teach("Ada", [make_correction(500, "fear")])
    assert (result.added, result.numbers) == (1, (26,))
    assert predict(old, 500) == EMOTIONS.index("fear")
    assert len(old.undo("Ada").members) == 24
    assert len(old.rollback("Ada", 5).members) == 25
    assert len(old.rollback("Ada", 1).members) == 6


def test_a_profile_of_version_0_1_is_upgraded_to_another_model(
    old: Profiles, tiny_model: Path
) -> None:
    classifier = Classifier(tiny_model)
    result = upgrade_profile(old, "Zoé", classifier)
    assert (result.carried, result.without_image, result.without_label) == (1, (2,), ())
    assert old.get("Zoé").model == ModelId.of(classifier)


def test_a_database_of_a_newer_version_is_refused_and_unchanged(
    profiles: Profiles, tmp_path: Path
) -> None:
    profiles.create("Ada")
    profiles.close()
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = (tmp_path / FILE_NAME).read_bytes()
    with pytest.raises(StoreError, match="written by a newer Mien"):
        Profiles.open(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == before


# ---- The exported file


def to_rows(corrections: list[StoredCorrection]) -> list[dict[str, Any]]:
    return [correction.to_row() for correction in corrections]


def test_an_export_of_version_0_1_is_imported_without_loss(
    old: Profiles, profiles: Profiles
) -> None:
    imported = load_profile(profiles, EXPORTED)
    ada = old.get("Ada")
    assert (imported.name, imported.created) == (ada.name, ada.created)
    assert profiles.versions("Ada") == old.versions("Ada")
    corrections = read_corrections(profiles.database, imported.id)
    assert to_rows(corrections) == to_rows(read_corrections(old.database, ada.id))
    expected = ANSWERS["profiles"]["Ada"]["answers"]
    np.testing.assert_allclose(adapt(profiles, "Ada"), expected, atol=1e-6)


def test_a_profile_of_version_0_1_is_exported_and_imported_again(
    old: Profiles, profiles: Profiles
) -> None:
    import_profile(profiles, export_profile(old, "Zoé"), "file")
    assert profiles.versions("Zoé") == old.versions("Zoé")
    np.testing.assert_array_equal(adapt(profiles, "Zoé"), adapt(old, "Zoé"))


def test_an_export_of_a_newer_version_is_refused_and_nothing_is_imported(
    profiles: Profiles,
) -> None:
    newer = EXPORTED.read_bytes().replace(b"mien-profile-1", b"mien-profile-3")
    with pytest.raises(
        ProfileFileError, match=r"^file: written by a newer Mien \(mien-profile-3\); update Mien"
    ):
        import_profile(profiles, newer, "file")
    assert profiles.list() == []


def test_a_damaged_export_of_version_0_1_is_refused(profiles: Profiles) -> None:
    content = EXPORTED.read_bytes().partition(b"\n")[2].replace(b'"label":"sad"', b'"label":"bad"')
    body = content.removesuffix(b"\n")
    head = f"mien-profile-1 {hashlib.sha256(body).hexdigest()}\n".encode()
    with pytest.raises(ProfileFileError, match="unknown emotion 'bad'"):
        import_profile(profiles, head + content, "file")
    with pytest.raises(ProfileFileError, match="truncated or changed"):
        import_profile(profiles, EXPORTED.read_bytes()[:-50], "file")
    assert profiles.list() == []
