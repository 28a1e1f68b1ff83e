import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from mien.data import FaceDataset, load_dataset
from mien.errors import DataError, TrainingError
from mien.inference.classifier import Classifier
from mien.training.checkpoint import load_checkpoint, save_checkpoint
from mien.training.export_run import export_runs
from mien.training.history import EpochRecord, Listener, RunningMean
from mien.training.recipe import Recipe, RunFolder, load_recipe, validation_split
from mien.training.run import fit, pick_device, train

from .conftest import TINY_RECIPE, make_recipe, write_folders

pytestmark = pytest.mark.slow

BATCHES = 3 * 5


class Killed(BaseException):
    """Stands for a kill: nothing in the run may catch it."""


class KillAt(Listener):
    """Ends the run at one moment: just after a batch, or just after an epoch was saved."""

    def __init__(self, batch: int, after_epoch: int) -> None:
        self._batches, self._epochs = batch, after_epoch

    def batch(self, running: RunningMean) -> None:
        self._batches -= 1
        if self._batches == 0:
            raise Killed

    def epoch(self, record: EpochRecord) -> None:
        if record.epoch == self._epochs:
            raise Killed


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, faces: FaceDataset) -> RunFolder:
    """A run that was never stopped."""
    folder = RunFolder(tmp_path_factory.mktemp("whole") / "run")
    train(make_recipe(), faces, folder, seed=3)
    return folder


def test_a_run_learns_and_leaves_its_files(whole: RunFolder) -> None:
    with whole.history.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert float(rows[-1]["train_loss"]) < float(rows[0]["train_loss"])
    with Image.open(whole.curves) as image:
        assert image.width > 800
    assert whole.recipe.read_text() == TINY_RECIPE


def test_the_model_file_tells_where_it_comes_from(whole: RunFolder, faces: FaceDataset) -> None:
    card = Classifier(whole.model).card
    assert card.recipe == TINY_RECIPE
    assert card.data_fingerprint == faces.fingerprint
    assert card.figures["split"] == "PublicTest"
    assert card.figures["n"] == 40
    assert card.figures["epochs"] == 3


def test_the_same_seed_gives_the_same_history_and_another_another(
    whole: RunFolder, faces: FaceDataset, tmp_path: Path
) -> None:
    again, other = RunFolder(tmp_path / "again"), RunFolder(tmp_path / "other")
    fit(make_recipe(), faces, again, 3, False, "cpu", Listener())
    fit(make_recipe(), faces, other, 4, False, "cpu", Listener())
    assert again.history.read_bytes() == whole.history.read_bytes()
    assert other.history.read_bytes() != whole.history.read_bytes()


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batch=st.integers(6, BATCHES), after_epoch=st.sampled_from([0, 1, 2, 3]))
def test_a_run_stopped_anywhere_resumes_to_the_same_result(
    whole: RunFolder, faces: FaceDataset, tmp_path: Path, batch: int, after_epoch: int
) -> None:
    folder = RunFolder(tmp_path / "stopped")
    shutil.rmtree(folder.path, ignore_errors=True)
    with pytest.raises(Killed):
        fit(make_recipe(), faces, folder, 3, False, "cpu", KillAt(batch, after_epoch))
    fit(make_recipe(), faces, folder, 3, True, "cpu", Listener())
    assert folder.history.read_bytes() == whole.history.read_bytes()
    found, expected = (load_checkpoint(run.checkpoint).state for run in (folder, whole))
    for name, weights in expected["network"].items():
        assert torch.equal(found["network"][name], weights), name


def test_a_killed_process_resumes_to_the_same_history(faces: FaceDataset, tmp_path: Path) -> None:
    """The real thing: SIGKILL, at a moment of its own choosing, twice."""
    write_folders(tmp_path / "data", faces)
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(TINY_RECIPE.replace("epochs = 3", "epochs = 12"))
    command = [sys.executable, "-c", "from mien.cli import main; main()", "train", recipe]
    command += ["--data", tmp_path / "data", "--threads", "1", "--out"]
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.run([*command, tmp_path / "whole"], check=True, env=environment)
    killed = RunFolder(tmp_path / "killed")
    process = subprocess.Popen([*command, killed.path], env=environment)
    while not killed.checkpoint.exists():
        assert process.poll() is None
        time.sleep(0.01)
    time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    subprocess.run([*command, killed.path, "--resume"], check=True, env=environment)
    whole = RunFolder(tmp_path / "whole")
    assert killed.history.read_bytes() == whole.history.read_bytes()


def test_a_folder_with_a_run_is_not_overwritten(whole: RunFolder, faces: FaceDataset) -> None:
    before = whole.checkpoint.read_bytes()
    with pytest.raises(TrainingError, match=r"already contains a run.*--resume"):
        train(make_recipe(), faces, whole, seed=3)
    assert whole.checkpoint.read_bytes() == before


def test_another_seed_cannot_resume(whole: RunFolder, faces: FaceDataset) -> None:
    with pytest.raises(TrainingError, match="another seed"):
        train(make_recipe(), faces, whole, seed=5, resume=True)


def test_a_checkpoint_of_another_version_is_told(
    whole: RunFolder, recipe: Recipe, faces: FaceDataset, tmp_path: Path
) -> None:
    """Its weights have other names, and its state other parts."""
    found = load_checkpoint(whole.checkpoint)
    weights = {f"old.{name}": values for name, values in found.state["network"].items()}
    old = RunFolder(tmp_path / "old")
    old.path.mkdir()
    state = {"network": weights, "optimizer": found.state["optimizer"]}
    save_checkpoint(old.checkpoint, replace(found, state=state))
    with pytest.raises(TrainingError, match="another version of Mien"):
        export_runs([old], faces, "old", tmp_path / "old.onnx")
    with pytest.raises(TrainingError, match="another version of Mien"):
        train(recipe, faces, old, seed=3, resume=True)


def test_export_of_a_finished_run_gives_the_same_model(
    whole: RunFolder, faces: FaceDataset, tmp_path: Path
) -> None:
    path = tmp_path / "again.onnx"
    export_runs([whole], faces, "again", path)
    exported, original = Classifier(path), Classifier(whole.model)
    assert exported.card == replace(original.card, name="again")
    np.testing.assert_array_equal(
        exported.predict(faces.images).probabilities,
        original.predict(faces.images).probabilities,
    )


def test_export_with_other_data_is_refused(
    whole: RunFolder, faces: FaceDataset, tmp_path: Path
) -> None:
    other = replace(faces, labels=faces.labels[::-1].copy())
    with pytest.raises(TrainingError, match="another data fingerprint"):
        export_runs([whole], other, "other", tmp_path / "other.onnx")


def test_a_folder_that_cannot_be_made_is_told(
    recipe: Recipe, faces: FaceDataset, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match="cannot be written"):
        train(recipe, faces, RunFolder(tmp_path / "file" / "run"))


def test_data_without_faces_to_validate_on_is_told(
    recipe: Recipe, faces: FaceDataset, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=r"no faces to validate on.*val/happy"):
        train(recipe, faces.subset("Training"), RunFolder(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_fewer_faces_than_a_batch_are_told(
    recipe: Recipe, faces: FaceDataset, tmp_path: Path
) -> None:
    few = np.r_[0:10, 80:120]
    data = FaceDataset(faces.images[few], faces.labels[few], faces.splits[few])
    with pytest.raises(DataError, match="10 faces, fewer than one batch of 16"):
        train(recipe, data, RunFolder(tmp_path / "run"))


def test_validation_is_on_public_test_where_there_is_one(faces: FaceDataset) -> None:
    assert validation_split(faces) == "PublicTest"


def test_a_device_that_is_not_there_is_told() -> None:
    assert pick_device("cpu") == "cpu"
    assert torch.device(pick_device("auto")).type in {"cpu", "cuda"}
    with pytest.raises(TrainingError, match="--device abacus"):
        pick_device("abacus")


def test_the_paper_recipe_learns_real_faces(shared: Path, tmp_path: Path) -> None:
    """Two epochs over 2,560 real faces is far from enough, yet must beat always saying happy."""
    data = load_dataset(shared / "fer2013" / "fer2013.parquet")
    chosen = np.r_[0:2560, len(data) - 500 : len(data)]
    part = FaceDataset(data.images[chosen], data.labels[chosen], data.splits[chosen])
    text = load_recipe("paper").text
    folder = RunFolder(tmp_path / "run")
    train(make_recipe(text.replace("epochs = 40", "epochs = 2")), part, folder)
    majority = np.bincount(part.subset("PublicTest").labels).max() / 500
    assert Classifier(folder.model).card.figures["accuracy"] > majority
