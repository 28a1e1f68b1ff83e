"""Whole photos give the faces that predictions are made of; crops stay as they are."""

import io
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien import Analyzer
from mien.data import FaceDataset, load_dataset
from mien.data.align import align_as
from mien.data.photos import are_photos
from mien.errors import DataError
from mien.inference.media.images import register_heif
from tests.data.layouts import png


def face(side: int, width: int | None = None) -> bytes:
    return png(np.full((side, width or side), 9, np.uint8))


@pytest.mark.parametrize(
    ("images", "photos"),
    [
        ([face(48), face(48)], False),
        ([face(224)], False),
        ([face(225)], True),
        ([face(48), face(64)], True),
        ([face(48, 50)], True),
        ([face(48), b"no image"], False),
        ([], False),
    ],
)
def test_photos_are_told_from_crops_by_their_sizes(images: list[bytes], photos: bool) -> None:
    assert are_photos(images) is photos


@pytest.fixture(scope="module")
def album(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Class folders: a smile, the same on its side by EXIF, five faces, a drawing, no image."""
    root = tmp_path_factory.mktemp("album")
    for name in ("happy", "neutral"):
        (root / name).mkdir()
    smile = (shared / "media" / "one_face.jpg").read_bytes()
    (root / "happy" / "smile.jpg").write_bytes(smile)
    (root / "happy" / "five.jpg").write_bytes((shared / "media" / "five_faces.jpg").read_bytes())
    drawing = (shared / "media" / "no_face_cartoon.jpg").read_bytes()
    (root / "neutral" / "drawing.jpg").write_bytes(drawing)
    (root / "neutral" / "notes.jpg").write_text("no image")
    with Image.open(io.BytesIO(smile)) as image:
        exif = Image.Exif()
        exif[0x0112] = 6
        image.rotate(90, expand=True).save(root / "neutral" / "turned.jpg", exif=exif, quality=95)
    time.sleep(0.15)  # files that have just changed are not cached
    return root


def test_the_face_of_a_photo_is_that_of_predictions(album: Path) -> None:
    done = []
    data = load_dataset(album, on_photo=lambda *counts: done.append(counts))
    analyzer = Analyzer()
    crops = [analyzer.detect(path).crops[0] for path in data.files.tolist()]
    assert [Path(path).name for path in data.files] == ["smile.jpg", "turned.jpg"]
    assert np.array_equal(data.images, crops)
    assert data.aligned
    assert align_as("landmarks", data) is data
    assert done[-1] == (5, 5)
    again = load_dataset(album, on_photo=lambda *_: pytest.fail("not cached"))
    assert again.fingerprint == data.fingerprint
    assert (again.files.tolist(), again.aligned) == (data.files.tolist(), True)


def test_photos_of_a_phone_are_photos(tmp_path: Path) -> None:
    image = Image.new("RGB", (640, 480), "gray")
    register_heif()
    for name in ("a.heic", "a.avif"):
        image.save(tmp_path / name)
        assert are_photos([tmp_path / name]), name


def test_what_is_left_out_is_told_by_name(album: Path) -> None:
    problems = sorted(load_dataset(album).problems)
    assert [(problem.split(": ")[0].rpartition("/")[2]) for problem in problems] == [
        "five.jpg",
        "drawing.jpg",
        "notes.jpg",
    ]
    assert "5 faces were found, none of which is by far the largest" in problems[0]
    assert "no face was found" in problems[1]
    assert "not an image" in problems[2]


def test_the_caller_may_say_what_the_images_are(album: Path, tmp_path: Path) -> None:
    crops = load_dataset(album, faces="crops")
    assert len(crops) == 4
    assert not crops.aligned
    (tmp_path / "happy").mkdir()
    (tmp_path / "happy" / "a.png").write_bytes(face(48))
    assert isinstance(load_dataset(tmp_path), FaceDataset)
    with pytest.raises(DataError, match=r"none of 1 images can be used.*no face was found"):
        load_dataset(tmp_path, faces="photos")


def test_photos_in_parquet_are_cropped_too(shared: Path, tmp_path: Path) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    names = ("one_face.jpg", "no_face_cartoon.jpg")
    columns = {
        "emotion": ["happy", "neutral"],
        "usage": ["Training", "Test"],
        "person": ["ada", None],
        "image": [(shared / "media" / name).read_bytes() for name in names],
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    data = load_dataset(tmp_path / "a.parquet")
    assert np.array_equal(data.images, Analyzer().detect(shared / "media" / names[0]).crops)
    assert (data.people.tolist(), data.files.tolist()) == (["ada"], ["a.parquet, row 1"])
    (problem,) = data.problems
    assert "row 2" in problem
    assert "no face was found" in problem
