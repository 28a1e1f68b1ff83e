"""The examples of docs/other-languages.md give what Python gives."""

import json
import shutil
import subprocess
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
from scripts.golden.frames import load_frame

from mien.inference.analyzer import Analyzer
from mien.inference.classifier import resolve_model
from mien.inference.detection.onet import weights_folder

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
FRAME = "three"
MOST_LINES = 60


@pytest.fixture
def frame(tmp_path: Path) -> Path:
    """A drawn frame as bytes: RGB, row by row."""
    path = tmp_path / "frame.rgb"
    path.write_bytes(load_frame(FRAME).tobytes())
    return path


@pytest.mark.parametrize("path", sorted(EXAMPLES.iterdir()), ids=lambda path: path.name)
def test_an_example_is_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES


@pytest.mark.slow
def test_node_labels_every_face_as_python_does(frame: Path) -> None:
    if shutil.which("node") is None or not (ROOT / "node_modules" / "onnxruntime-web").exists():
        pytest.skip("needs node and the npm package's packages")
    pixels = load_frame(FRAME)
    faces = Analyzer("small").analyze(pixels).faces
    assert len(faces) == 3
    for face in faces:
        box = (face.box.x, face.box.y, face.box.width, face.box.height)
        size = (pixels.shape[1], pixels.shape[0])
        networks = (weights_folder() / "onet.onnx", resolve_model("small"))
        found = json.loads(_run("node", EXAMPLES / "pipeline.mjs", frame, *size, *box, *networks))
        assert max(found, key=lambda label: float(found[label])) == face.emotion
        expected = np.array(face.probabilities)
        assert np.abs(np.array([found[label] for label in face.labels]) - expected).max() < 0.1


@pytest.mark.slow
def test_rust_crops_faces_as_python_does(frame: Path, tmp_path: Path) -> None:
    if shutil.which("rustc") is None:
        pytest.skip("needs rustc")
    program = tmp_path / "crop"
    _run("rustc", "-O", EXAMPLES / "crop.rs", "-o", program)
    golden = json.loads((ROOT / "tests" / "golden" / "crop.json").read_text())
    assert golden["frame"] == FRAME
    height, width = load_frame(FRAME).shape[:2]
    for face in golden["faces"][:-1]:  # the last has coinciding landmarks
        places = np.array(face["landmarks"]).ravel().tolist()
        cut = np.frombuffer(_run(program, frame, width, height, *places), np.uint8)
        expected = np.frombuffer(b64decode(face["crop"]), np.uint8)
        assert np.abs(cut.astype(int) - expected).max() <= 1


def _run(*command: object) -> bytes:
    return subprocess.run(list(map(str, command)), capture_output=True, check=True).stdout
