"""Inputs in folders of this machine and on remote storages."""

import os
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from mien.batch import sources
from mien.batch.analysis import Models, analyze_task
from mien.batch.errors import BatchError
from mien.batch.inputs import open_inputs
from mien.batch.plan import Item, Options, Task
from mien.batch.sources import inspect_file, walk_folder
from mien.inference.media.images import find_images
from tests.batch.jobs import rows_of, run_job, save_photos
from tests.inference.media.videos import make_video, regular


def test_a_folder_has_the_photos_of_predict_and_the_videos(tmp_path: Path) -> None:
    save_photos(tmp_path / "b", 2)
    save_photos(tmp_path / "a" / "deep", 1)
    video = make_video(tmp_path / "b" / "talk.MKV", regular(10, 5))
    (tmp_path / "a" / "notes.txt").write_text("x")
    (tmp_path / "playlist.m3u8").write_text("#EXTM3U\nb/talk.MKV\n")
    found = list(walk_folder(str(tmp_path)))
    assert found.count(None) == 2
    photos = [entry.path for entry in found if entry and entry.kind == "photo"]
    assert photos == [str(path) for path in find_images(tmp_path)]
    (entry,) = [entry for entry in found if entry and entry.kind == "film"]
    status = video.stat()
    assert (entry.path, entry.size, entry.stamp) == (
        str(video),
        status.st_size,
        str(status.st_mtime_ns),
    )


def test_links_inside_are_followed_and_links_outside_are_refused(tmp_path: Path) -> None:
    (secret,) = save_photos(tmp_path / "elsewhere", 1)
    (photo,) = save_photos(tmp_path / "in", 1, first=5)
    (tmp_path / "in" / "same.png").symlink_to(photo)
    (tmp_path / "in" / "secret.png").symlink_to(secret)
    (tmp_path / "in" / "folder").symlink_to(secret.parent)
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    entries = filter(None, walk_folder(str(tmp_path / "in")))
    found = {Path(entry.path).name: entry.problem for entry in entries}
    assert set(found) == {photo.name, "same.png", "secret.png", "folder"}
    assert not found[photo.name]
    assert not found["same.png"]
    assert "outside the folder" in found["secret.png"]
    assert "outside the folder" in found["folder"]


def test_a_link_to_a_folder_is_that_folder(tmp_path: Path) -> None:
    save_photos(tmp_path / "in", 1)
    (tmp_path / "link").symlink_to(tmp_path / "in")
    (entry,) = walk_folder(str(tmp_path / "link"))
    assert entry is not None
    assert not entry.problem


def test_a_pipe_or_folder_with_the_name_of_a_photo_has_a_problem(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (entry,) = walk_folder(str(tmp_path))
    assert entry is not None
    assert entry.problem == "not a file; give a photo or a video."
    assert inspect_file(str(tmp_path)).problem == "is a folder; name it as an input of its own."


def test_the_kind_of_a_file_without_suffix_follows_its_first_bytes(tmp_path: Path) -> None:
    video = make_video(tmp_path / "talk.mp4", regular(10, 3))
    unnamed = video.rename(tmp_path / "talk")
    (photo,) = save_photos(tmp_path, 1)
    assert inspect_file(str(unnamed)).kind == "film"
    assert inspect_file(str(photo.rename(tmp_path / "photo"))).kind == "photo"
    assert inspect_file(str(tmp_path / "missing.jpg")) == sources.Entry(
        str(tmp_path / "missing.jpg"), "photo"
    )


def test_a_folder_that_cannot_be_read_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(BatchError, match=rf"{tmp_path}: this folder cannot be read \(Permission"):
        list(walk_folder(str(tmp_path)))


@pytest.fixture
def memory(photos: list[Path]) -> Iterator[MemoryFileSystem]:
    """Three of the photos, and a file of another kind, in memory://in."""
    fs = fsspec.filesystem("memory")
    for path in photos[:3]:
        fs.pipe(f"/in/{path.name}", path.read_bytes())
    fs.pipe("/in/deep/notes.md", b"notes")
    yield fs
    fs.rm("/in", recursive=True)


class Odd(MemoryFileSystem):
    """A storage that refuses one file, and never answers for another."""

    protocol = "odd"
    writer: ClassVar[dict[str, Any]] = {}
    never = threading.Event()

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return "/" + path.removeprefix("odd://").lstrip("/")

    def _open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        if mode != "rb":
            return super()._open(path, mode, **options)
        if "denied" in path:
            raise PermissionError(13, "Forbidden")
        if "stalled" in path:
            self.never.wait()
        if "broken" in path:
            raise ConnectionError("reset by peer")
        return super()._open(path, mode, **options)


def listed(text: str) -> list[Item]:
    with open_inputs([text]) as inputs:
        return list(inputs)


def test_folders_patterns_and_files_of_a_remote_storage(memory: MemoryFileSystem) -> None:
    everything = ["memory:///in/0000.png", "memory:///in/0001.png", "memory:///in/0002.png"]
    assert [item.path for item in listed("memory://in")] == everything
    assert [item.path for item in listed("memory://in/*1.png")] == everything[1:2]
    assert [item.path for item in listed("memory://in/0002.png")] == everything[2:]
    size = memory.info("/in/0000.png")["size"]
    assert listed("memory://in")[0].size == size > 0
    stamps = {item.stamp for item in listed("memory://in")}
    assert len(stamps) == 3


def test_a_job_on_a_remote_storage_has_the_rows_of_a_local_job(
    memory: MemoryFileSystem, photos: list[Path], options: Options, tmp_path: Path
) -> None:
    run_job(tmp_path / "remote", options, "memory://in")
    run_job(tmp_path / "local", options, *photos[:3])
    remote, local = rows_of(tmp_path / "remote"), rows_of(tmp_path / "local")
    assert [row.pop("source") for row in remote] == [f"memory:///in/{p.name}" for p in photos[:3]]
    assert [row.pop("source") for row in local] == [str(path) for path in photos[:3]]
    assert remote == local


def test_a_list_on_a_remote_storage(memory: MemoryFileSystem) -> None:
    lines = b"path,who\n0001.png,me\nmemory://in/0002.png,you\n../0003.png,they\n"
    memory.pipe("/in/list.csv", lines)
    first, second, third = listed("memory://in/list.csv")
    assert (first.path, first.values) == ("memory://in/0001.png", ("me",))
    assert (second.path, second.values) == ("memory://in/0002.png", ("you",))
    assert "outside the folder of the list" in third.problem


def test_photos_in_a_zip_file(photos: list[Path], tmp_path: Path, options: Options) -> None:
    archive = tmp_path / "photos.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in photos[:3]:
            file.write(path, f"some/{path.name}")
    run_job(tmp_path / "out", options, f"zip://some/*.png::file://{archive}")
    assert [row["source"] for row in rows_of(tmp_path / "out")] == [
        f"zip://some/{path.name}::file://{archive}" for path in photos[:3]
    ]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("memory://nowhere", "memory://nowhere: no such file or folder"),
        ("memory://in/*.jpg", "no photo and no video"),
        ("nothing://in", "nothing://in: cannot be opened .*not known"),
        ("s3://bucket/photos", r"s3://bucket/photos: .*install"),
        ("memory://in/missing.csv", r"missing\.csv: no such file; check the path"),
    ],
)
def test_an_address_without_inputs_is_one_error(
    memory: MemoryFileSystem, address: str, message: str
) -> None:
    with pytest.raises(BatchError, match=message):
        listed(address)


def test_a_storage_that_stalls_while_it_is_listed_is_one_error(
    memory: MemoryFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = threading.Event()
    monkeypatch.setattr(sources, "TIMEOUT", 0.05)
    monkeypatch.setattr(MemoryFileSystem, "info", lambda *_, **__: never.wait())
    with pytest.raises(BatchError, match=r"memory://in: .*nothing came in 0 s.*network"):
        listed("memory://in")
    never.set()


def test_a_storage_that_denies_or_stalls_fails_its_items_alone(
    photos: list[Path], options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "TIMEOUT", 0.2)
    fsspec.register_implementation("odd", Odd, clobber=True)
    fs = fsspec.filesystem("odd")
    names = ("a", "denied", "stalled", "broken", "z")
    for name in names:
        fs.pipe(f"/{name}.png", photos[0].read_bytes())
    items = [Item(n, f"odd://{name}.png", "photo", 9, "") for n, name in enumerate(names)]
    items.append(Item(5, "odd://missing.png", "photo", 9, ""))
    result = analyze_task(Task(0, tuple(items), 1.0), Models(options))
    Odd.never.set()
    assert result.rows["source"].to_pylist() == ["odd://a.png", "odd://z.png"]
    assert [(failure.item.path[6:-4], failure.text) for failure in result.failures] == [
        ("denied", "the storage denies it; check the permissions."),
        ("stalled", "cannot be fetched (nothing came in 0 s); try again later."),
        ("broken", "cannot be fetched (reset by peer); try again later."),
        ("missing", "no such file; check the path."),
    ]


def test_a_storage_whose_files_have_no_address_of_their_own_is_refused(tmp_path: Path) -> None:
    class Hosted(MemoryFileSystem):
        protocol = "hosted"
        cachable = False

        @classmethod
        def _get_kwargs_from_urls(cls, path: str) -> dict[str, str]:
            return {"host": path.split("/")[2]}

        @classmethod
        def _strip_protocol(cls, path: str) -> str:
            return "/" + path.removeprefix("hosted://").partition("/")[2] if "//" in path else path

    fsspec.register_implementation("hosted", Hosted, clobber=True)
    fsspec.filesystem("hosted", host="me").pipe("/in/a.png", b"x")
    with pytest.raises(BatchError, match=r"cannot be opened by their addresses alone.*mount"):
        listed("hosted://me/in")
