"""Two commands and a server teach one profile at once: nothing is lost, nothing is there twice."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from mien.emotions import EMOTIONS
from mien.personalization.store import Profiles
from mien.server.app import create_app
from mien.server.settings import Settings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SHARED_FACE = 50
"""The seed of a face that everybody teaches."""


def draw(seed: int) -> bytes:
    """A crop of noise, as a PNG; each seed is another face."""
    buffer = BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (48, 48), np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def label_of(seed: int) -> str:
    return EMOTIONS[seed % len(EMOTIONS)]


def start_command(home: Path, model: Path, folder: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "mien", "profile", "teach", "Ada", folder, "--crops"]
    return subprocess.Popen(
        [*map(str, command), "--model", str(model)],
        cwd=ROOT,
        env=os.environ | {"XDG_DATA_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def teach_by_server(client: TestClient, seed: int) -> int:
    """Teaches a face as Studio's page does; returns the status."""
    answer = client.post("/v1/analyze?crops=true&face_ids=true", content=draw(seed))
    (face,) = answer.json()["faces"]
    body = {"face_id": face["face_id"], "label": label_of(seed), "profile": "Ada"}
    return client.post("/v1/feedback", json=body).status_code


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    """Class folders of two commands; both have the face that everybody teaches."""
    seeds = {"first": range(10), "second": range(20, 30)}
    for name, some in seeds.items():
        for seed in (*some, SHARED_FACE):
            path = tmp_path / name / label_of(seed) / f"{seed}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(draw(seed))
    return {name: tmp_path / name for name in seeds}


def finish(commands: "list[subprocess.Popen[str]]") -> None:
    for command in commands:
        _, problems = command.communicate(timeout=300)
        assert command.returncode == 0, problems


def assert_learned_as_alone(home: Path, alone: Path, faces: int) -> None:
    """Each face is there once, and one process that teaches them in turn learns the same."""
    with closing(Profiles.open(home)) as profiles, closing(Profiles.open(alone)) as serial:
        stored = profiles.corrections("Ada")
        assert len({it.correction.embedding.tobytes() for it in stored}) == len(stored) == faces
        assert [it.number for it in stored] == list(range(1, faces + 1))
        serial.create("Ada")
        for one in stored:
            serial.teach("Ada", [one.correction])
        model = stored[0].correction.model
        rows = np.stack([it.correction.probabilities for it in stored]).astype(np.float32)
        embeddings = np.stack([it.correction.embedding for it in stored]).astype(np.float32)
        adapted = profiles.adapter("Ada", model).adapt(rows, embeddings)
        expected = serial.adapter("Ada", model).adapt(rows, embeddings)
        np.testing.assert_array_equal(adapted, expected)
        assert not np.array_equal(adapted, rows)


def test_two_commands_and_a_server_teach_one_profile(
    tmp_path: Path, tiny_model: Path, folders: dict[str, Path]
) -> None:
    home = tmp_path / "home"
    settings = Settings(folder=home / "mien", model=str(tiny_model), requests_a_minute=10**6)
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as client:
        client.post("/v1/profiles", json={"name": "Ada"})
        commands = [start_command(home, tiny_model, folder) for folder in folders.values()]
        with ThreadPoolExecutor(2) as pool:
            faces = (*range(40, 46), SHARED_FACE)
            answers = list(pool.map(lambda seed: teach_by_server(client, seed), faces))
        finish(commands)
    assert answers == [201] * 7
    assert_learned_as_alone(home / "mien", tmp_path / "alone", 10 + 10 + 6 + 1)


def test_two_commands_that_both_find_no_profile_teach_one(
    tmp_path: Path, tiny_model: Path, folders: dict[str, Path]
) -> None:
    home = tmp_path / "home"
    finish([start_command(home, tiny_model, folder) for folder in folders.values()])
    assert_learned_as_alone(home / "mien", tmp_path / "alone", 10 + 10 + 1)
