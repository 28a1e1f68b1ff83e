"""What is stored is for its owner alone, whatever the umask; and can be locked."""

import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mien.personalization.store import Profiles
from mien.server.store import Store
from mien.storage import privacy
from mien.storage.errors import StoreError

if sys.platform == "win32":
    pytest.skip("a Unix has modes and flock", allow_module_level=True)
import fcntl


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("open_umask")
def test_all_that_a_store_creates_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    store = Store.open(folder)
    store.sessions.create("talk", "live", "tiny", "0")
    try:
        modes = {path.name: mode(path) for path in [folder, *folder.rglob("*")]}
    finally:
        store.close()
    assert {"data", "studio.sqlite", "studio.sqlite-wal", "profiles.sqlite", "films"} <= set(modes)
    assert {name: oct(found) for name, found in modes.items() if found & 0o077} == {}


def test_what_is_too_open_is_tightened_and_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "data"
    Store.open(folder).close()
    (folder / "films" / "1").write_bytes(b"video")
    paths = [folder, folder / "films", folder / "studio.sqlite"]
    for path in paths:
        path.chmod(0o777)
    for _ in range(2):
        store = Store.open(folder)
        store.close()
    assert [oct(mode(path)) for path in paths] == ["0o700", "0o700", "0o600"]
    assert caplog.text.count(f"{folder}: others could read it") == 1


def test_a_folder_with_other_files_keeps_its_permissions(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Ada")
    tmp_path.chmod(0o755)
    Profiles.open(tmp_path).close()
    assert mode(tmp_path) == 0o755
    assert mode(tmp_path / "profiles.sqlite") == 0o600


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOTSUP])
def test_a_file_system_without_locks_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "lockf", refuse)
    with pytest.raises(StoreError, match=r"cannot lock files.*choose a folder on a local disk"):
        Store.open(tmp_path)


def test_a_file_system_without_permissions_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "films").mkdir()
    (tmp_path / "films").chmod(0o755)
    monkeypatch.setattr(Path, "chmod", lambda *_, **__: None)
    privacy.protect_folder(tmp_path)
    assert f"{tmp_path}: its file system keeps no permissions" in caplog.text
