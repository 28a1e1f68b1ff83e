"""Crops of photos are those of predictions, and stand for the photos afterwards."""

import csv
from pathlib import Path

import pytest
from PIL import Image

from mien import Analyzer
from mien.data import load_dataset
from mien.data.cropping import crop_photos
from mien.errors import DataError, MediaError
from mien.inference.model_card import FER2013_FORMAT
from tests.data.layouts import write_table


@pytest.fixture
def album(shared: Path, tmp_path: Path) -> Path:
    """Class folders of photos: a smile, and a drawing without a face."""
    root = tmp_path / "album"
    media = {"happy/smile.jpg": "one_face.jpg", "neutral/drawing.jpg": "no_face_cartoon.jpg"}
    for name, source in media.items():
        (root / name).parent.mkdir(parents=True)
        (root / name).write_bytes((shared / "media" / source).read_bytes())
    return root


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "faces.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_crops_of_class_folders_stand_for_the_photos(album: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = crop_photos(album, out, FER2013_FORMAT)
    assert done.count == 1
    (problem,) = done.problems
    assert "drawing.jpg: no face was found" in problem
    (row,) = rows(out)
    assert (row["path"], row["label"], row["split"]) == ("happy/smile.jpg.png", "happy", "Training")
    face = Analyzer().analyze(album / "happy" / "smile.jpg").faces[0]
    assert float(row["x"]) == pytest.approx(face.box.x, abs=0.1)
    photos = load_dataset(album)
    for crops in (load_dataset(out), load_dataset(out / "faces.csv")):
        assert crops.fingerprint == photos.fingerprint
        assert crops.aligned


def test_a_table_keeps_people_and_its_own_columns(album: Path, tmp_path: Path) -> None:
    table = write_table(
        [
            ["path", "label", "person", "light"],
            ["album/happy/smile.jpg", "glad", "ada", "dim"],
            ["album/neutral/drawing.jpg", "calm", "bob", "dim"],
        ],
        tmp_path / "photos.csv",
    )
    out = tmp_path / "out"
    crop_photos(table, out, FER2013_FORMAT)
    (row,) = rows(out)
    assert (row["label"], row["person"], row["light"]) == ("glad", "ada", "dim")
    assert (out / row["path"]).is_file()


def test_photos_without_labels_and_one_photo(album: Path, tmp_path: Path) -> None:
    crop_photos(album / "happy", tmp_path / "a", FER2013_FORMAT)
    crop_photos(album / "happy" / "smile.jpg", tmp_path / "b", FER2013_FORMAT)
    assert [rows(tmp_path / name)[0]["path"] for name in "ab"] == ["smile.jpg.png"] * 2
    assert rows(tmp_path / "a")[0]["label"] == ""


def test_what_would_spoil_something_is_refused(album: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="among the photos"):
        crop_photos(album, album, FER2013_FORMAT)
    crop_photos(album, tmp_path / "out", FER2013_FORMAT)
    with pytest.raises(DataError, match="there are crops already"):
        crop_photos(album, tmp_path / "out", FER2013_FORMAT)
    with pytest.raises(DataError, match=r"none of 1 photos can be used.*no face was found"):
        crop_photos(album / "neutral", tmp_path / "other", FER2013_FORMAT)
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        crop_photos(album, tmp_path / "file", FER2013_FORMAT)
    (tmp_path / "empty").mkdir()
    with pytest.raises(MediaError, match="no images in this folder"):
        crop_photos(tmp_path / "empty", tmp_path / "x", FER2013_FORMAT)


def test_two_photos_of_one_name_keep_apart(album: Path, tmp_path: Path, shared: Path) -> None:
    with Image.open(shared / "media" / "one_face.jpg") as image:
        image.save(album / "happy" / "smile.png")
    crop_photos(album, tmp_path / "out", FER2013_FORMAT)
    names = [row["path"] for row in rows(tmp_path / "out")]
    assert names == ["happy/smile.jpg.png", "happy/smile.png.png"]


def test_no_crop_replaces_another(album: Path, tmp_path: Path) -> None:
    here = tmp_path / "tables"
    photo = album / "happy" / "smile.jpg"
    inside = here / "album" / "happy" / "smile.jpg"
    inside.parent.mkdir(parents=True)
    inside.write_bytes(photo.read_bytes())
    names = [
        ["path", "label"],
        ["album/happy/smile.jpg", "happy"],
        ["../album/happy/smile.jpg", "sad"],
    ]
    done = crop_photos(write_table(names, here / "photos.csv"), tmp_path / "out", FER2013_FORMAT)
    assert [row["label"] for row in rows(tmp_path / "out")] == ["happy"]
    (problem,) = done.problems
    assert "its crop would replace another's" in problem
