"""What a profile's file outlives: full disks, faults, and other processes."""

import multiprocessing
import sqlite3
from pathlib import Path

import pytest

from mien.personalization import store
from mien.personalization.store import FILE_NAME, Profiles
from mien.storage.errors import DiskFullError, StoreError
from tests.disk import no_file_over
from tests.personalization.people import MODEL, answer, correction, held, some


def test_a_full_disk_loses_nothing_and_leaves_nothing_half(ada: Profiles, tmp_path: Path) -> None:
    ada.teach("Ada", some(range(3)))
    size = max(path.stat().st_size for path in tmp_path.iterdir())
    full = pytest.raises(DiskFullError, match="Make room")
    with no_file_over(size), full:
        for seed in range(3, 300):
            ada.teach("Ada", [correction(seed, image=b"x" * 4000)])
    members = ada.get("Ada").members
    assert len(members) == len(ada.corrections("Ada")) >= 3
    assert ada.adapter("Ada", MODEL) is not None
    rows = ada.database.rows("SELECT count(*) FROM corrections")
    assert rows[0][0] == len(members)
    assert ada.teach("Ada", [correction(999)]).added == 1


def test_a_lesson_that_fails_leaves_nothing_half(
    ada: Profiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada.teach("Ada", [correction(1)])
    with monkeypatch.context() as patch:
        patch.setattr("mien.personalization.profile.learn", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            ada.teach("Ada", [correction(2)])
    assert held(ada) == [(1, "happy")]
    assert len(ada.database.rows("SELECT * FROM corrections")) == 1


def test_what_another_process_teaches_holds_at_once(ada: Profiles, tmp_path: Path) -> None:
    other = Profiles.open(tmp_path)
    other.teach("Ada", [correction(1)])
    assert answer(ada, 1) == 3
    other.undo("Ada")
    other.close()
    assert answer(ada, 1) == 6


def _teach_many(folder: Path, first: int, count: int) -> None:
    profiles = Profiles.open(folder)
    for seed in range(first, first + count):
        assert profiles.teach("Ada", [correction(seed)]).added == 1
    profiles.close()


def test_two_processes_teach_one_profile_and_nothing_is_lost(ada: Profiles, tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    both = [spawn.Process(target=_teach_many, args=(tmp_path, at, 8)) for at in (0, 100)]
    for process in both:
        process.start()
    for process in both:
        process.join()
        assert process.exitcode == 0
    taught = {tuple(one.correction.embedding) for one in ada.corrections("Ada")}
    seeds = (*range(8), *range(100, 108))
    assert taught == {tuple(correction(seed).embedding) for seed in seeds}
    versions = ada.versions("Ada")
    assert [one.number for one in versions] == list(range(1, 17))
    assert [len(one.members) for one in versions] == list(range(1, 17))


def test_one_that_waits_too_long_says_so_and_changes_nothing(
    ada: Profiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_PATIENCE", 0.05)
    waiting = Profiles.open(tmp_path)
    in_use = pytest.raises(StoreError, match="is in use by another program")
    with ada.database.transaction(), in_use:
        waiting.teach("Ada", [correction(1)])
    assert held(waiting) == []
    waiting.close()


def test_every_commit_waits_for_the_disk(profiles: Profiles) -> None:
    assert [tuple(row) for row in profiles.database.rows("PRAGMA synchronous")] == [(2,)]
    assert [tuple(row) for row in profiles.database.rows("PRAGMA journal_mode")] == [("wal",)]


def test_a_file_of_a_newer_mien_is_refused(profiles: Profiles, tmp_path: Path) -> None:
    profiles.close()
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="written by a newer Mien"):
        Profiles.open(tmp_path)


def test_studios_file_is_not_taken_for_profiles(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.executescript(f"CREATE TABLE a (b); PRAGMA application_id = {0x4D69656E};")
    connection.close()
    with pytest.raises(StoreError, match="holds another program's data"):
        Profiles.open(tmp_path)
