"""A model with eight labels and 64x64 RGB faces, from the command line to a session.

The images and videos are drawn, and a scripted detector finds the face in them.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from starlette.testclient import TestClient

from mien.cli import main
from mien.inference.detection import detectors
from mien.inference.detection.detector import Detection
from mien.inference.records import read_records
from mien.inference.tracking import tracker
from mien.results import Box
from mien.server.app import create_app
from mien.server.settings import Settings
from tests.conftest import EIGHT_LABEL_CARD

pytestmark = pytest.mark.slow

LABELS = EIGHT_LABEL_CARD.labels
WIDTH, HEIGHT = 320, 240
MARKS = ((0.316, 0.377), (0.684, 0.368), (0.5, 0.588), (0.348, 0.785), (0.66, 0.778))
"""Where eyes, nose and mouth corners lie in a face, of its side."""

Run = Callable[..., str]


class ScriptedDetector:
    """Finds one face of 100 pixels, unless the image is dark."""

    def __init__(self, **_: Any) -> None:
        pass

    def detect(self, frame: NDArray[np.uint8]) -> list[Detection]:
        if frame.mean() < 30:
            return []
        box = Box(110.0, 70.0, 100.0, 100.0)
        marks = tuple((box.x + 100 * x, box.y + 100 * y) for x, y in MARKS)
        return [Detection(box, 0.99, marks)]


class ScriptedFollower(ScriptedDetector):
    """Finds the same face again."""

    def follow(self, frame: NDArray[np.uint8], places: Sequence[object]) -> list[Detection | None]:
        found = self.detect(frame)
        return [found[0] if found else None for _ in places]


@pytest.fixture(autouse=True)
def scripted_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(detectors.DETECTORS, "yunet", lambda _: ScriptedDetector())
    monkeypatch.setattr(tracker, "follower_of", lambda _: ScriptedFollower())


@pytest.fixture
def run(eight_label_model: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `mien`, with the model of eight labels for the commands that take one."""

    def call(command: str, *arguments: object, model: bool = True) -> str:
        options = ["--model", str(eight_label_model)] if model else []
        with pytest.raises(SystemExit) as ended:
            main([*command.split(), *map(str, arguments), *options])
        captured = capsys.readouterr()
        assert not ended.value.code, captured.err
        return captured.out

    return call


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Twenty bright frames, ten dark ones, ten bright ones, at 20 frames a second."""
    path = tmp_path / "talk.mp4"
    with av.open(path, "w") as container:
        track = container.add_stream("libx264", rate=20)
        track.width, track.height, track.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        blots = np.random.default_rng(1).integers(60, 256, (24, 32, 3), np.uint8)
        bright = np.asarray(Image.fromarray(blots).resize((WIDTH, HEIGHT)))
        for number in range(40):
            pixels = np.zeros_like(bright) if 20 <= number < 30 else bright
            container.mux(track.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(track.encode(None))
    return path


def test_a_photo_as_json_has_the_eight_labels_and_the_output(run: Run, photo: Path) -> None:
    (face,) = json.loads(run("predict", photo, "--json"))["faces"]
    assert list(face["probabilities"]) == list(LABELS)
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    assert face["emotion"] in LABELS
    assert 0 <= face["attributes"]["arousal"] <= 1
    assert {"yaw", "sharpness", "usable"} <= set(face["attributes"])


@pytest.mark.parametrize("columns", ["80", "120"])
def test_a_photo_as_text_names_the_eight_labels(
    run: Run, photo: Path, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    out = run("predict", photo)
    assert "1 face" in out
    assert "…" not in out
    assert all(label in out for label in LABELS)


def test_a_cropped_face_has_the_eight_labels(run: Run, photo: Path) -> None:
    (face,) = json.loads(run("predict", photo, "--crops", "--json"))["faces"]
    assert list(face["probabilities"]) == list(LABELS)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_a_video_becomes_records_and_a_report(
    run: Run, video: Path, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"talk{suffix}"
    run("predict", video, "--records", path, "--save", tmp_path / "drawn")
    records = read_records(path)
    assert records.labels == LABELS
    assert records.raw.shape == records.smoothed.shape == (40, 8)
    assert (records.label < 0).sum() == 10
    assert records.person[:20].tolist() == [1] * 20
    assert records.person[30:].tolist() == [2] * 10  # the dark frames cut the scene
    assert "arousal" in records.attributes
    assert (tmp_path / "drawn" / "talk.mp4").stat().st_size > 0
    run("report", path, "--out", tmp_path / "talk.html", model=False)
    page = (tmp_path / "talk.html").read_text("utf-8")
    assert all(label in page for label in LABELS)
    assert "arousal" in page


def test_a_correction_to_the_eighth_label_is_learned(
    run: Run, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    run("profile teach", "Ada", photo, "--emotion", "contempt", "--crops")
    before = json.loads(run("predict", photo, "--crops", "--json"))
    after = json.loads(run("predict", photo, "--crops", "--json", "--profile", "Ada"))
    contempt = [found["faces"][0]["probabilities"]["contempt"] for found in (before, after)]
    assert contempt[1] > contempt[0]


# ---- Studio


@pytest.fixture
def studio(tmp_path: Path, eight_label_model: Path) -> Iterator[TestClient]:
    settings = Settings(folder=tmp_path / "studio", model=str(eight_label_model))
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as client:
        yield client


def encode(path: Path) -> bytes:
    buffer = BytesIO()
    Image.open(path).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_session_of_eight_labels_gives_its_records_back(studio: TestClient, photo: Path) -> None:
    answer = studio.post("/v1/analyze", params={"face_ids": True}, content=encode(photo))
    assert answer.status_code == 200, answer.text
    (face,) = answer.json()["faces"]
    started = studio.post("/v1/sessions", json={"name": "Monday", "kind": "photo"})
    url = f"/v1/sessions/{started.json()['id']}"
    kept = {"box", "score", "probabilities", "face_id", "attributes"}
    frame = {
        "frame": 0,
        "width": WIDTH,
        "height": HEIGHT,
        "source": "photo.png",
        "faces": [{name: value for name, value in face.items() if name in kept}],
    }
    stored = studio.post(f"{url}/frames", json={"frames": [frame]})
    assert stored.json() == {"stored": 1, "last_frame": 0}, stored.text
    assert studio.get(url).json()["labels"] == list(LABELS)
    (row,) = csv.DictReader(io.StringIO(studio.get(f"{url}/records").text))
    assert row["emotion"] == face["emotion"]
    assert [float(row[f"raw_{label}"]) for label in LABELS] == pytest.approx(
        list(face["probabilities"].values()), abs=1e-6
    )
    assert float(row["attribute_arousal"]) == pytest.approx(face["attributes"]["arousal"])


def test_a_session_of_eight_labels_without_a_frame_has_their_columns(studio: TestClient) -> None:
    started = studio.post("/v1/sessions", json={"name": "Empty", "kind": "live"})
    answer = studio.get(f"/v1/sessions/{started.json()['id']}/records")
    assert answer.status_code == 200
    names = next(csv.reader(io.StringIO(answer.text)))
    assert [name for name in names if name.startswith("raw_")] == [f"raw_{x}" for x in LABELS]
