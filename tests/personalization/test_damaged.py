"""A damaged file of profiles: one error that names the row, and a repair that saves the rest."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from mien.personalization.repair import repair_profiles
from mien.personalization.store import FILE_NAME, Profiles
from mien.storage.errors import DamagedError, StoreError
from tests.personalization.people import make_corrections, stored_labels
from tests.storage.damage import PAGE, destroy_page, set_value


@pytest.fixture
def path(ada: Profiles, tmp_path: Path) -> Path:
    """A closed file of two profiles; Ada has six corrections in two steps."""
    ada.teach("Ada", make_corrections(range(4)))
    ada.teach("Ada", make_corrections(range(4, 6)))
    ada.create("Bob")
    ada.close()
    return tmp_path / FILE_NAME


def opened(path: Path) -> "closing[Profiles]":
    return closing(Profiles.open(path.parent))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("embedding", b"123"), ("embedding", "text"), ("probabilities", b""), ("label", "ouch")),
        *(("embedding", np.full(4, np.nan, "<f4").tobytes()), ("labels", "[1]"), ("labels", "{")),
        *(("model", 7), ("model_digest", b"x"), ("created", "now"), ("step", 2.5), ("picture", 1)),
    ],
)
def test_a_damaged_correction_is_named_and_repaired(path: Path, column: str, value: object) -> None:
    set_value(path, "corrections", column, value, "number = 2")
    with opened(path) as profiles:
        with pytest.raises(DamagedError, match=r"correction 2 of profile 1 is damaged.*--repair"):
            profiles.corrections("Ada")
        with pytest.raises(DamagedError, match="correction 2"):
            profiles.teach("Ada", make_corrections([9]))
        assert [profile.name for profile in profiles.list()] == ["Ada", "Bob"]
    assert repair_profiles(path).lost["corrections"] == 1
    with opened(path) as profiles:
        assert [number for number, _ in stored_labels(profiles)] == [1, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("column", "value"),
    [("figures", "null"), ("figures", "{"), ("members", b"1"), ("cause", "x"), ("model", 7)],
)
def test_a_profile_with_a_damaged_version_is_left_out_of_the_list(
    path: Path, column: str, value: object, caplog: pytest.LogCaptureFixture
) -> None:
    set_value(path, "versions", column, value, "number = 2")
    with opened(path) as profiles:
        assert [profile.name for profile in profiles.list()] == ["Bob"]
        with pytest.raises(DamagedError, match="version 2 of profile 1 is damaged"):
            profiles.get("Ada")
    assert "Left out" in caplog.text
    repair_profiles(path)
    with opened(path) as profiles:  # what version 1 had
        assert [number for number, _ in stored_labels(profiles)] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE versions",
        "ALTER TABLE corrections RENAME COLUMN label TO other",
        "PRAGMA user_version = 1",
        "UPDATE sqlite_schema SET sql = replace(sql, 'upgrade', 'upgrabe')",
        "UPDATE sqlite_schema SET sql = replace(sql, 'step INTEGER', 'step INTEG(ER')",
    ],
)
def test_a_changed_schema_is_refused_when_it_is_opened(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(sql)
    with pytest.raises(DamagedError, match=r"is damaged.*mien doctor --repair"):
        Profiles.open(path.parent)
    repair_profiles(path)
    with opened(path) as profiles:
        assert [number for number, _ in stored_labels(profiles)] == [1, 2, 3, 4, 5, 6]


def test_every_page_can_be_lost_and_the_rest_is_saved(path: Path) -> None:
    content = path.read_bytes()
    for page in range(1, len(content) // PAGE + 1):
        path.write_bytes(content)
        destroy_page(path, page)
        repair = repair_profiles(path)
        assert repair.saved["corrections"] in (0, 6)  # all are on one page
        with opened(path) as profiles:
            for profile in profiles.list():
                profiles.corrections(profile.name)
                profiles.teach(profile.name, make_corrections([11]))
                for version in profiles.versions(profile.name):
                    profiles.rollback(profile.name, version.number)
        assert repair.copy.read_bytes()[: PAGE * page][-PAGE:] == b"\xa5" * PAGE
        repair.copy.unlink()


def test_a_sound_file_is_left_as_it_is(path: Path) -> None:
    before = path.read_bytes()
    repair = repair_profiles(path)
    assert (repair.needed, repair.saved["corrections"]) == (False, 6)
    assert path.read_bytes() == before
    assert sorted(it.name for it in path.parent.iterdir()) == [FILE_NAME]


def test_what_the_log_alone_has_is_saved(path: Path, tmp_path: Path) -> None:
    """The log is what a kill leaves: it has the last steps."""
    with opened(path) as profiles:
        profiles.teach("Ada", make_corrections([7]))
        copy = tmp_path / "killed"
        copy.mkdir()
        for ending in ("", "-wal"):
            source = path.with_name(FILE_NAME + ending)
            (copy / source.name).write_bytes(source.read_bytes())
    set_value(copy / FILE_NAME, "corrections", "label", "ouch", "number = 1")
    repair = repair_profiles(copy / FILE_NAME)
    assert repair.saved["corrections"] == 6
    with opened(copy / FILE_NAME) as profiles:
        assert [number for number, _ in stored_labels(profiles)] == [2, 3, 4, 5, 6, 7]


def test_a_file_that_a_program_has_open_is_refused(path: Path) -> None:
    repair = "from mien.cli import main; import sys; main(['doctor', '--repair', sys.argv[1]])"
    with opened(path):
        done = subprocess.run(
            [sys.executable, "-c", repair, str(path)], capture_output=True, text=True, check=False
        )
    assert done.returncode != 0
    assert "is in use by another program" in done.stderr.replace("\n", " ")
    assert [it.name for it in path.parent.glob("*damaged*")] == []


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE letters (text)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="holds another program's data"):
        repair_profiles(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such file"):
        repair_profiles(tmp_path / FILE_NAME)
