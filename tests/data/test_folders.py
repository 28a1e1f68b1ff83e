import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from PIL import Image

from mien.data import FaceDataset
from mien.data.folders import find_images, read_images
from mien.data.photos import Kind
from mien.errors import DataError
from tests.data.layouts import datasets, png, write_folders

FACE = png(np.arange(48 * 48, dtype=np.uint8).reshape(48, 48))


def put(path: Path, content: bytes = FACE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def read(root: Path, faces: Kind = "auto") -> FaceDataset:
    return read_images(find_images(root)[0], faces=faces)


@settings(max_examples=25)
@given(data=datasets(votes=False))
def test_round_trip(data: FaceDataset, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = write_folders(data, tmp_path_factory.mktemp("folders"))
    images, problems = find_images(root)
    rows = [int(image.path.stem.rpartition("_")[2]) for image in images]
    found = read_images(images)
    assert problems == []
    assert np.array_equal(found.images, data.images[rows])
    assert np.array_equal(found.labels, data.labels[rows])
    assert np.array_equal(found.splits, data.splits[rows])


@pytest.mark.parametrize(
    ("name", "label"),
    [("Anger", 0), ("disgusted", 1), ("FEARFUL", 2), ("happiness", 3), ("4", 4), ("surprised", 5)],
)
def test_usual_class_names(tmp_path: Path, name: str, label: int) -> None:
    put(tmp_path / name / "a.PNG")
    data = read(tmp_path)
    assert data.labels.tolist() == [label]
    assert data.splits.tolist() == ["Training"]


@pytest.mark.parametrize(
    ("folder", "split"),
    [("train", "Training"), ("Valid", "Validation"), ("val", "Validation"), ("test", "Test")],
)
def test_split_folders(tmp_path: Path, folder: str, split: str) -> None:
    put(tmp_path / folder / "sad" / "a.jpg")
    put(tmp_path / folder / "sad" / "PrivateTest_12.jpg")
    assert read(tmp_path).splits.tolist() == ["PrivateTest", split]


def test_order_is_by_name(tmp_path: Path) -> None:
    names = ["train/sad/b.png", "train/happy/a.png", "test/sad/c.png", "train/sad/a.png"]
    for name in names:
        put(tmp_path / name)
    found = [str(image.path.relative_to(tmp_path)) for image in find_images(tmp_path)[0]]
    assert found == sorted(names)


def test_unknown_class_folder_is_named(tmp_path: Path) -> None:
    put(tmp_path / "train" / "contempt" / "a.png")
    with pytest.raises(DataError, match=r"train/contempt: unknown class folder.*angry, disgust"):
        find_images(tmp_path)


@pytest.mark.parametrize("name", [".", "train", "happy"])
def test_no_images(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir(exist_ok=True)
    with pytest.raises(DataError, match="no images in class folders"):
        find_images(tmp_path)


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    put(tmp_path / "train" / "happy" / "a.png")
    odd = ("train/happy/notes.txt", "train/loose.png", "extra/happy/a.png")
    for name in (*odd, "train/happy/.DS_Store"):
        put(tmp_path / name)
    images, problems = find_images(tmp_path)
    assert len(images) == 1
    assert len(problems) == len(odd)
    assert "notes.txt" in str(problems)
    assert "loose.png" in str(problems)


@pytest.mark.parametrize("content", [b"", b"not an image", FACE[: len(FACE) // 2]])
def test_unreadable_image_is_left_out(tmp_path: Path, content: bytes) -> None:
    put(tmp_path / "happy" / "a.png", content)
    put(tmp_path / "happy" / "b.png")
    data = read(tmp_path)
    assert len(data) == 1
    assert len(data.problems) == 1
    assert "a.png" in data.problems[0]


def test_a_pipe_that_nobody_writes_to_is_left_out(tmp_path: Path) -> None:
    put(tmp_path / "happy" / "b.png")
    os.mkfifo(tmp_path / "happy" / "a.png")
    data = read(tmp_path)
    assert len(data) == 1
    assert "a.png: is a pipe" in data.problems[0]


def test_nothing_readable(tmp_path: Path) -> None:
    put(tmp_path / "happy" / "a.png", b"no")
    with pytest.raises(DataError, match=r"none of 1 images can be used.*a\.png"):
        read(tmp_path)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"])
@pytest.mark.parametrize("size", [(1, 1), (48, 48), (96, 96), (300, 200)])
def test_any_mode_and_size_becomes_a_face(tmp_path: Path, mode: str, size: tuple[int, int]) -> None:
    whites = {"I;16": 65535, "I": 65535, "F": 1.0}
    if mode in whites:
        image = Image.new(mode, size, whites[mode])
    else:
        image = Image.new("RGB", size, "white").convert("L" if mode == "LA" else mode).convert(mode)
    (tmp_path / "happy").mkdir()
    image.save(tmp_path / "happy" / "a.tiff")
    assert read(tmp_path, "crops").images.min() >= 254


def test_larger_image_is_area_averaged(tmp_path: Path) -> None:
    cells = np.random.default_rng(0).integers(0, 256, (48, 2, 48, 2), np.uint8)
    put(tmp_path / "happy" / "a.png", png(cells.reshape(96, 96)))
    means = cells.mean(axis=(1, 3))
    assert np.abs(read(tmp_path).images[0] - means).max() <= 1


def test_a_image_turned_by_exif_is_turned_back(tmp_path: Path) -> None:
    image = Image.fromarray(np.tile(np.arange(0, 240, 5, dtype=np.uint8), (48, 1)))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    path = tmp_path / "happy" / "a.png"
    path.parent.mkdir()
    image.save(path, exif=exif)
    assert np.array_equal(read(tmp_path).images[0], np.asarray(image.transpose(Image.ROTATE_270)))


def test_real_layout(shared: Path, tmp_path: Path) -> None:
    image = shared / "media" / "one_face.jpg"
    (tmp_path / "val" / "happy").mkdir(parents=True)
    shutil.copy(image, tmp_path / "val" / "happy" / "ein Lächeln 😀.jpg")
    assert read(tmp_path).images.shape == (1, 48, 48)
