"""Inputs that fsspec opens: what is on a storage, and storages that deny or stall."""

import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from mien.batch import storage
from mien.batch.errors import BatchError
from mien.batch.inputs import open_inputs
from mien.batch.items import Item, Options
from mien.batch.pieces import Piece
from mien.batch.work import Models, work
from tests.batch.jobs import rows_of, start


@pytest.fixture
def memory(photos: list[Path]) -> Iterator[MemoryFileSystem]:
    """Three of the photos, and what is none, in memory://in."""
    fs = fsspec.filesystem("memory")
    for path in photos[:3]:
        fs.pipe(f"/in/{path.name}", path.read_bytes())
    fs.pipe("/in/deep/notes.md", b"notes")
    yield fs
    fs.rm("/in", recursive=True)


class Odd(MemoryFileSystem):
    """A storage that refuses one file, and never answers for another."""

    protocol = "odd"
    store: ClassVar[dict[str, Any]] = {}
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


def test_folders_patterns_and_files_of_a_storage(memory: MemoryFileSystem) -> None:
    everything = ["memory:///in/0000.png", "memory:///in/0001.png", "memory:///in/0002.png"]
    assert [item.path for item in listed("memory://in")] == everything
    assert [item.path for item in listed("memory://in/*1.png")] == everything[1:2]
    assert [item.path for item in listed("memory://in/0002.png")] == everything[2:]
    size = memory.info("/in/0000.png")["size"]
    assert listed("memory://in")[0].size == size > 0
    stamps = {item.stamp for item in listed("memory://in")}
    assert len(stamps) == 3


def test_a_job_on_a_storage_has_the_rows_of_one_on_this_machine(
    memory: MemoryFileSystem, photos: list[Path], options: Options, tmp_path: Path
) -> None:
    start(tmp_path / "far", options, "memory://in")
    start(tmp_path / "near", options, *photos[:3])
    far, near = rows_of(tmp_path / "far"), rows_of(tmp_path / "near")
    assert [row.pop("source") for row in far] == [f"memory:///in/{p.name}" for p in photos[:3]]
    assert [row.pop("source") for row in near] == [str(path) for path in photos[:3]]
    assert far == near


def test_a_list_on_a_storage(memory: MemoryFileSystem) -> None:
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
    start(tmp_path / "out", options, f"zip://some/*.png::file://{archive}")
    assert [row["source"] for row in rows_of(tmp_path / "out")] == [
        f"zip://some/{path.name}::file://{archive}" for path in photos[:3]
    ]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("memory://nowhere", "memory://nowhere: no such file or folder"),
        ("memory://in/*.jpg", "no photo and no film"),
        ("nothing://in", "nothing://in: cannot be opened .*not known"),
        ("s3://bucket/photos", r"s3://bucket/photos: .*install"),
        ("memory://in/missing.csv", r"missing\.csv: no such file; check the path"),
    ],
)
def test_an_address_that_leads_nowhere_is_one_error(
    memory: MemoryFileSystem, address: str, message: str
) -> None:
    with pytest.raises(BatchError, match=message):
        listed(address)


def test_a_storage_that_stalls_while_it_is_listed_is_one_error(
    memory: MemoryFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = threading.Event()
    monkeypatch.setattr(storage, "PATIENCE", 0.05)
    monkeypatch.setattr(MemoryFileSystem, "info", lambda *_, **__: never.wait())
    with pytest.raises(BatchError, match=r"memory://in: .*nothing came in 0 s.*network"):
        listed("memory://in")
    never.set()


def test_a_storage_that_denies_or_stalls_fails_its_items_alone(
    photos: list[Path], options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "PATIENCE", 0.2)
    fsspec.register_implementation("odd", Odd, clobber=True)
    fs = fsspec.filesystem("odd")
    names = ("a", "denied", "stalled", "broken", "z")
    for name in names:
        fs.pipe(f"/{name}.png", photos[0].read_bytes())
    items = [Item(n, f"odd://{name}.png", "photo", 9, "") for n, name in enumerate(names)]
    items.append(Item(5, "odd://missing.png", "photo", 9, ""))
    outcome = work(Piece(0, tuple(items), 1.0), Models(options))
    Odd.never.set()
    assert outcome.rows["source"].to_pylist() == ["odd://a.png", "odd://z.png"]
    assert [(one.item.path[6:-4], one.reason) for one in outcome.failures] == [
        ("denied", "the storage denies it; check the permissions."),
        ("stalled", "cannot be fetched (nothing came in 0 s); try again later."),
        ("broken", "cannot be fetched (reset by peer); try again later."),
        ("missing", "no such file; check the path."),
    ]


def test_a_storage_that_an_address_does_not_name_is_refused(tmp_path: Path) -> None:
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
