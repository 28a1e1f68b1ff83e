"""The golden vectors are what Python makes now; the npm package is tested against them."""

import json
import os
import shutil
import subprocess
from base64 import b64decode, b64encode
from binascii import Error
from io import BytesIO
from math import isclose
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pyarrow import parquet
from scripts.golden import FOLDER, MAKERS
from scripts.golden.crop import encode
from scripts.golden.detection import as_dict
from scripts.golden.frames import FRAMES, Pixels

from mien.inference.attributes import FaceView, measure_face, shipped_attributes
from mien.inference.crop import crop_face
from mien.inference.detection.detector import Detection
from mien.inference.detection.onet import weights_folder
from mien.inference.detection.yunet import YuNet

_ROOT = Path(__file__).parents[1]
_REMEDY = "run python -m scripts.golden"


@pytest.mark.parametrize("topic", MAKERS)
def test_a_golden_file_is_what_python_makes_now(topic: str) -> None:
    kept = json.loads((FOLDER / f"{topic}.json").read_text())
    made = json.loads(json.dumps(MAKERS[topic]()))
    assert _difference(made, kept) is None, f"{topic}.json is out of date; {_REMEDY}"


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_is_what_python_draws_now(name: str) -> None:
    kept = np.asarray(Image.open(FOLDER / "frames" / f"{name}.png"))
    assert np.array_equal(kept, FRAMES[name]()), f"{name}.png is out of date; {_REMEDY}"


def test_the_frames_stay_small() -> None:
    assert sum(path.stat().st_size for path in Path(FOLDER).rglob("*.png")) < 1_000_000


def test_differences_are_found() -> None:
    assert _difference({"a": [1, 0.5]}, {"a": [1, 0.5 + 1e-9]}) is None
    assert _difference({"a": [1, 0.5]}, {"a": [1, 0.51]}) == "a/1"
    assert _difference({"a": [1]}, {"a": [2]}) == "a/0"
    assert _difference({"a": [1]}, {"a": [1, 2]}) == "a"
    assert _difference({"a": 1}, {"b": 1}) == ""
    assert _difference({"a": _encode(7, 9)}, {"a": _encode(7, 8)}) is None
    assert _difference({"a": _encode(7, 9)}, {"a": _encode(7, 7)}) == "a"
    assert _difference({"a": "hamming"}, {"a": "bicubic"}) == "a"


def _encode(*pixels: int) -> str:
    return b64encode(bytes(pixels)).decode()


@pytest.mark.slow
def test_javascript_finds_pythons_faces_in_photos(shared: Path, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None or not (_ROOT / "node_modules" / "onnxruntime-web").exists():
        pytest.skip("the npm package's tests need node and its packages")
    photos = _read_photos(shared)
    for i, photo in enumerate(photos):
        Image.fromarray(photo).save(tmp_path / f"{i}.png", compress_level=1)
    paths = [str(tmp_path / f"{i}.png") for i in range(len(photos))]
    command = [node, str(_ROOT / "web" / "test" / "detect_photos.js"), *paths]
    onet = {**os.environ, "MIEN_ONET": str(weights_folder() / "onet.onnx")}
    found = json.loads(subprocess.run(command, env=onet, capture_output=True, check=True).stdout)
    detector = YuNet()
    faces = [[_as_javascript(photo, face) for face in detector.detect(photo)] for photo in photos]
    assert sum(map(len, faces)) > len(photos) / 2
    assert any(face["turned"] for photo in faces for face in photo)
    assert _difference(json.loads(json.dumps(faces)), found) is None


def _read_photos(shared: Path) -> list[Pixels]:
    """Reads photos of groups and of one face, of none, and some that lie on their side."""
    table = parquet.read_table(shared / "photos" / "scenes.parquet", columns=["image"])
    files = [shared / "media" / name for name in ("five_faces.jpg", "no_face_cartoon.jpg")]
    scenes = table["image"][:24].to_pylist()
    sources: list[Path | BytesIO] = [*files, *map(BytesIO, scenes)]
    photos = [np.asarray(Image.open(source).convert("RGB")) for source in sources]
    return photos + [np.rot90(photo) for photo in photos[2:7]]


def _as_javascript(photo: Pixels, face: Detection) -> dict[str, Any]:
    crop = crop_face(photo, face.landmarks)
    return {
        **as_dict(face),
        "crop": encode(crop),
        "attributes": measure_face(shipped_attributes(), FaceView(photo, face, crop)),
    }


def _difference(made: Any, kept: Any, path: str = "") -> str | None:
    """Returns where two values differ by more than what another machine rounds otherwise."""
    if isinstance(made, dict) and isinstance(kept, dict):
        if made.keys() != kept.keys():
            return path
        pairs = [(key, made[key], kept[key]) for key in made]
    elif isinstance(made, list) and isinstance(kept, list):
        if len(made) != len(kept):
            return path
        pairs = [(str(i), *pair) for i, pair in enumerate(zip(made, kept, strict=True))]
    elif isinstance(made, float) and isinstance(kept, int | float):
        return None if isclose(made, kept, rel_tol=1e-4, abs_tol=1e-3) else path
    elif isinstance(made, str) and isinstance(kept, str) and made != kept:
        return None if _is_same_image(made, kept) else path
    else:
        return None if made == kept else path
    found = (_difference(a, b, f"{path}/{key}".lstrip("/")) for key, a, b in pairs)
    return next((place for place in found if place is not None), None)


def _is_same_image(made: str, kept: str) -> bool:
    """Returns whether two strings are images in base64 whose pixels differ by 1 at most."""
    try:
        a, b = (np.frombuffer(b64decode(text, validate=True), np.uint8) for text in (made, kept))
    except Error:
        return False
    return a.shape == b.shape and bool(np.abs(a.astype(int) - b).max() <= 1)
