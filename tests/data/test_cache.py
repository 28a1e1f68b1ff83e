import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mien.data import cache
from mien.data.cache import cache_folder, cached
from mien.data.dataset import FaceDataset
from tests.data.layouts import make_dataset, same

DATA = make_dataset([1, 2], ["Training", "Test"], seed=1, votes=True)
OTHER = make_dataset([1], ["Training"], seed=2, votes=False)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "faces.csv"
    path.write_text("content")
    time.sleep(0.15)  # a file that changed just now is not cached
    return path


def refuse() -> FaceDataset:
    raise AssertionError("the cache should have answered")


def entry() -> Path:
    (file,) = cache_folder().iterdir()
    return file


def edit(path: Path) -> None:
    path.write_text("CONTENT")


def edit_and_put_the_time_back(path: Path) -> None:
    before = path.stat()
    edit(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace_by_an_older_file(path: Path) -> None:
    other = path.with_name("other")
    other.write_text("CONTENT")
    os.utime(other, (1, 1))
    other.replace(path)


def test_second_load_comes_from_the_cache(source: Path) -> None:
    data = FaceDataset(DATA.images, DATA.labels, DATA.splits, DATA.votes, ("a", "b"))
    cached(source, [source], lambda: data)
    found = cached(source, [source], refuse)
    assert same(found, data)
    assert found.problems == ("a", "b")


def test_data_without_votes_and_problems(source: Path) -> None:
    cached(source, [source], lambda: OTHER)
    found = cached(source, [source], refuse)
    assert same(found, OTHER)
    assert found.problems == ()


@pytest.mark.parametrize("change", [edit, edit_and_put_the_time_back, replace_by_an_older_file])
def test_changed_source_is_noticed(source: Path, change: Callable[[Path], None]) -> None:
    cached(source, [source], lambda: DATA)
    change(source)
    assert same(cached(source, [source], lambda: OTHER), OTHER)


def test_source_that_appears_or_vanishes_is_noticed(source: Path) -> None:
    votes = source.with_name("fer2013new.csv")
    cached(source, [source, votes], lambda: DATA)
    votes.write_text("votes")
    time.sleep(0.15)
    assert same(cached(source, [source, votes], lambda: OTHER), OTHER)
    votes.unlink()
    assert same(cached(source, [source, votes], lambda: DATA), DATA)


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.9, 1.0])
def test_damaged_cache_is_built_again(source: Path, keep: float) -> None:
    cached(source, [source], lambda: DATA)
    content = bytearray(entry().read_bytes())
    content[len(content) // 2] ^= 1
    entry().write_bytes(content[: int(len(content) * keep)])
    assert same(cached(source, [source], lambda: OTHER), OTHER)
    assert same(cached(source, [source], refuse), OTHER)


def test_unwritable_cache_is_done_without(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(source))  # a file, so no folder can be made there
    assert same(cached(source, [source], lambda: DATA), DATA)
    assert same(cached(source, [source], lambda: OTHER), OTHER)


def test_full_disk_leaves_nothing_behind(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache.np, "savez", full)
    assert same(cached(source, [source], lambda: DATA), DATA)
    assert list(cache_folder().iterdir()) == []


def test_source_that_changed_just_now_is_not_cached(source: Path) -> None:
    edit(source)
    cached(source, [source], lambda: DATA)
    assert same(cached(source, [source], lambda: OTHER), OTHER)


def test_the_folder_is_for_this_user_alone(source: Path) -> None:
    cached(source, [source], lambda: DATA)
    assert cache_folder().stat().st_mode & 0o077 == 0


def test_relative_cache_home_is_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "mien"


def test_no_home_is_done_without(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", homeless)
    assert same(cached(source, [source], lambda: DATA), DATA)
