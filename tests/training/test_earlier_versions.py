"""Training runs and model files of earlier versions of Mien resume and open without loss."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from mien.data import FaceDataset
from mien.emotions import EMOTIONS
from mien.errors import TrainingError
from mien.inference.classifier import Classifier
from mien.inference.model_card import FaceFormat
from mien.training.checkpoint import load_checkpoint
from mien.training.history import Listener
from mien.training.recipe import Recipe, RunFolder, parse_recipe
from mien.training.run import fit, train

pytestmark = pytest.mark.slow

VERSION_0_1 = Path(__file__).parent / "version_0_1"
FINISHED = VERSION_0_1 / "finished"


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A copy of the run that version 0.1 left after two of three epochs."""
    shutil.copytree(VERSION_0_1 / "run", tmp_path / "run")
    return RunFolder(tmp_path / "run")


@pytest.fixture
def recipe() -> Recipe:
    text = (VERSION_0_1 / "run" / "recipe.toml").read_text("utf-8")
    return Recipe("tiny", text, parse_recipe(text, "tiny.toml"))


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Trains as the fixture was trained: sums depend on the number of threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def predictions(path: Path, faces: FaceDataset) -> tuple[np.ndarray, np.ndarray]:
    found = Classifier(path).predict(faces.images[:6])
    return found.probabilities, found.embeddings


def expected_predictions() -> tuple[np.ndarray, np.ndarray]:
    content = json.loads((FINISHED / "predictions.json").read_text("utf-8"))
    return np.array(content["probabilities"]), np.array(content["embeddings"])


def history(path: Path) -> np.ndarray:
    return np.loadtxt(path, delimiter=",", skiprows=1)


@pytest.mark.usefixtures("one_thread")
def test_a_run_of_version_0_1_resumes_to_the_history_of_version_0_1(
    run: RunFolder, recipe: Recipe, faces: FaceDataset
) -> None:
    before = run.history.read_bytes()
    fit(recipe, faces, run, 3, True, "cpu", Listener())
    after = run.history.read_bytes()
    assert after.startswith(before)
    header, *_ = before.splitlines()
    assert after.splitlines()[0] == header
    # The last digits of the new epoch depend on the processor's instructions.
    expected = history(FINISHED / "history.csv")
    np.testing.assert_allclose(history(run.history), expected, rtol=1e-5)


@pytest.mark.usefixtures("one_thread")
def test_a_resumed_run_of_version_0_1_exports_the_model_of_version_0_1(
    run: RunFolder, recipe: Recipe, faces: FaceDataset
) -> None:
    path = train(recipe, faces, run, seed=3, resume=True)
    for found, expected in zip(predictions(path, faces), expected_predictions(), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-3)


def test_a_checkpoint_of_version_0_1_keeps_its_history_and_identity(
    run: RunFolder, recipe: Recipe
) -> None:
    checkpoint = load_checkpoint(run.checkpoint)
    assert [record.epoch for record in checkpoint.history] == [1, 2]
    assert (checkpoint.identity.seed, checkpoint.identity.weights) == (3, "")
    assert checkpoint.identity.recipe == recipe.text


def test_a_run_of_version_0_1_resumes_only_with_its_own_seed(
    run: RunFolder, recipe: Recipe, faces: FaceDataset
) -> None:
    before = run.checkpoint.read_bytes()
    with pytest.raises(TrainingError, match="another seed"):
        train(recipe, faces, run, seed=4, resume=True)
    assert run.checkpoint.read_bytes() == before


def test_a_model_file_of_version_0_1_opens_and_predicts_the_same(faces: FaceDataset) -> None:
    card = Classifier(FINISHED / "model.onnx").card
    assert (card.labels, card.face, card.outputs) == (EMOTIONS, FaceFormat(), ())
    assert card.recipe == (VERSION_0_1 / "run" / "recipe.toml").read_text("utf-8")
    assert card.data_fingerprint == faces.fingerprint
    assert (card.figures["split"], card.figures["epochs"]) == ("PublicTest", 3)
    found = predictions(FINISHED / "model.onnx", faces)
    for values, expected in zip(found, expected_predictions(), strict=True):
        np.testing.assert_allclose(values, expected, atol=1e-4)
