"""The file of profiles survives full disks, faults and other processes."""

import multiprocessing
import sqlite3
from pathlib import Path

import pytest

from mien.personalization import store
from mien.personalization.store import FILE_NAME, Profiles
from mien.storage.errors import DiskFullError, StoreError
from tests.disk import no_file_over
from tests.personalization.people import (
    MODEL,
    make_correction,
    make_corrections,
    predict,
    stored_labels,
)


def test_a_full_disk_loses_nothing_and_leaves_no_half_version(
    ada: Profiles, tmp_path: Path
) -> None:
    ada.teach("Ada", make_corrections(range(3)))
    size = max(path.stat().st_size for path in tmp_path.iterdir())
    full = pytest.raises(DiskFullError, match="free disk space")
    with no_file_over(size), full:
        for seed in range(3, 300):
            ada.teach("Ada", [make_correction(seed, image=b"x" * 4000)])
    members = ada.get("Ada").members
    assert len(members) == len(ada.corrections("Ada")) >= 3
    assert ada.adapter("Ada", MODEL) is not None
    rows = ada.database.rows("SELECT count(*) FROM corrections")
    assert rows[0][0] == len(members)
    assert ada.teach("Ada", [make_correction(999)]).added == 1


def test_learning_that_fails_leaves_no_half_version(
    ada: Profiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada.teach("Ada", [make_correction(1)])
    with monkeypatch.context() as patch:
        patch.setattr("mien.personalization.store.learn", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            ada.teach("Ada", [make_correction(2)])
    assert stored_labels(ada) == [(1, "happy")]
    assert len(ada.database.rows("SELECT * FROM corrections")) == 1


def test_corrections_of_another_process_are_used_at_once(ada: Profiles, tmp_path: Path) -> None:
    other = Profiles.open(tmp_path)
    other.teach("Ada", [make_correction(1)])
    assert predict(ada, 1) == 3
    other.undo("Ada")
    other.close()
    assert predict(ada, 1) == 6


def _teach_many(folder: Path, first: int, count: int) -> None:
    profiles = Profiles.open(folder)
    for seed in range(first, first + count):
        assert profiles.teach("Ada", [make_correction(seed)]).added == 1
    profiles.close()


def test_two_processes_teach_one_profile_and_nothing_is_lost(ada: Profiles, tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    both = [spawn.Process(target=_teach_many, args=(tmp_path, first, 8)) for first in (0, 100)]
    for process in both:
        process.start()
    for process in both:
        process.join()
        assert process.exitcode == 0
    taught = {tuple(stored.correction.embedding) for stored in ada.corrections("Ada")}
    seeds = (*range(8), *range(100, 108))
    assert taught == {tuple(make_correction(seed).embedding) for seed in seeds}
    versions = ada.versions("Ada")
    assert [version.number for version in versions] == list(range(1, 17))
    assert [len(version.members) for version in versions] == list(range(1, 17))


def test_a_lock_timeout_is_an_error_and_changes_nothing(
    ada: Profiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_LOCK_TIMEOUT", 0.05)
    waiting = Profiles.open(tmp_path)
    in_use = pytest.raises(StoreError, match="is in use by another program")
    with ada.database.transaction(), in_use:
        waiting.teach("Ada", [make_correction(1)])
    assert stored_labels(waiting) == []
    waiting.close()


def test_every_commit_waits_for_the_disk(profiles: Profiles) -> None:
    assert [tuple(row) for row in profiles.database.rows("PRAGMA synchronous")] == [(2,)]
    assert [tuple(row) for row in profiles.database.rows("PRAGMA journal_mode")] == [("wal",)]


def test_studios_file_is_not_opened_as_profiles(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.executescript(f"CREATE TABLE a (b); PRAGMA application_id = {0x4D69656E};")
    connection.close()
    with pytest.raises(StoreError, match="holds another program's data"):
        Profiles.open(tmp_path)
