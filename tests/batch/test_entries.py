"""What a folder of this machine holds."""

import os
from pathlib import Path

import pytest

from mien.batch import entries
from mien.batch.entries import below, named
from mien.batch.errors import BatchError
from mien.inference.media.pictures import find_pictures
from tests.batch.jobs import save_photos
from tests.inference.media.films import make_film, regular


def paths(folder: Path) -> list[str]:
    return [entry.path for entry in below(str(folder)) if entry]


def test_a_folder_gives_what_predict_finds_and_films(tmp_path: Path) -> None:
    save_photos(tmp_path / "b", 2)
    save_photos(tmp_path / "a" / "deep", 1)
    film = make_film(tmp_path / "b" / "talk.MKV", regular(10, 5))
    (tmp_path / "a" / "notes.txt").write_text("x")
    (tmp_path / "playlist.m3u8").write_text("#EXTM3U\nb/talk.MKV\n")
    found = list(below(str(tmp_path)))
    assert found.count(None) == 2
    photos = [one.path for one in found if one and one.kind == "photo"]
    assert photos == [str(path) for path in find_pictures(tmp_path)]
    (other,) = [one for one in found if one and one.kind == "film"]
    status = film.stat()
    assert (other.path, other.size, other.stamp) == (
        str(film),
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
    found = {Path(one.path).name: one.problem for one in below(str(tmp_path / "in")) if one}
    assert set(found) == {photo.name, "same.png", "secret.png", "folder"}
    assert not found[photo.name]
    assert not found["same.png"]
    assert "outside the folder" in found["secret.png"]
    assert "outside the folder" in found["folder"]


def test_a_link_to_a_folder_is_that_folder(tmp_path: Path) -> None:
    save_photos(tmp_path / "in", 1)
    (tmp_path / "link").symlink_to(tmp_path / "in")
    (entry,) = below(str(tmp_path / "link"))
    assert entry is not None
    assert not entry.problem


def test_a_pipe_and_a_folder_named_as_a_photo_are_told_of(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (entry,) = below(str(tmp_path))
    assert entry is not None
    assert entry.problem == "not a file; give a photo or a film."
    assert named(str(tmp_path)).problem == "is a folder; name it as an input of its own."


def test_a_file_that_is_named_is_told_by_how_it_begins(tmp_path: Path) -> None:
    film = make_film(tmp_path / "talk.mp4", regular(10, 3))
    unnamed = film.rename(tmp_path / "talk")
    (photo,) = save_photos(tmp_path, 1)
    assert named(str(unnamed)).kind == "film"
    assert named(str(photo.rename(tmp_path / "photo"))).kind == "photo"
    assert named(str(tmp_path / "missing.jpg")) == entries.Entry(
        str(tmp_path / "missing.jpg"), "photo"
    )


def test_a_folder_that_cannot_be_read_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(BatchError, match=rf"{tmp_path}: this folder cannot be read \(Permission"):
        list(below(str(tmp_path)))
