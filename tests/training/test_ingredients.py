"""Runs with ingredients that the paper has not: each does something, and all resume exactly."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch

from mien.data import FaceDataset
from mien.errors import TrainingError
from mien.inference.classifier import Classifier
from mien.training.batches import Faces
from mien.training.checkpoint import load_checkpoint
from mien.training.export_run import export_runs
from mien.training.history import Listener
from mien.training.recipe import Recipe, RunFolder
from mien.training.run import fit, train
from mien.training.trainer import Trainer

from .conftest import TINY_RECIPE, make_recipe
from .test_run import KillAt, Killed

pytestmark = pytest.mark.slow

RICH_RECIPE = """
[network]
architecture = "residual"
stem = 4
channels = [4, 8]
blocks = [1, 1]
squeeze_excitation = 2
antialias = true
dropout = 0.2

[augmentation]
width_shift = 0.1
rotation = 10
scale = 0.1
crop = 40
brightness = 0.1
contrast = 0.2
erasing = 0.5
mixup = 0.2
cutmix = 1.0

[objective]
label_smoothing = 0.1
votes_weight = 0.5

[optimization]
optimizer = "sgd"
epochs = 3
batch_size = 16
learning_rate = 0.05
schedule = "cosine"
warmup_epochs = 1
weight_decay = 1e-4
ema = 0.9
sam_radius = 0.05

[views]
flip = true
"""


@pytest.fixture(scope="module")
def voted(faces: FaceDataset) -> FaceDataset:
    """The faces, with ten votes each for what their label says."""
    votes = np.zeros((len(faces), 10), np.uint8)
    votes[np.arange(len(faces)), faces.labels] = 10
    return replace(faces, votes=votes)


@pytest.fixture(scope="module")
def whole(voted: FaceDataset, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run with nearly every ingredient, never stopped."""
    folder = RunFolder(tmp_path_factory.mktemp("rich") / "run")
    train(make_recipe(RICH_RECIPE), voted, folder, seed=1)
    return folder


@pytest.mark.parametrize("batch", [6, 11])
def test_a_rich_run_resumes_to_the_same_result(
    whole: RunFolder, voted: FaceDataset, tmp_path: Path, batch: int
) -> None:
    folder = RunFolder(tmp_path / "stopped")
    with pytest.raises(Killed):
        fit(make_recipe(RICH_RECIPE), voted, folder, 1, False, "cpu", KillAt(batch, 9))
    fit(make_recipe(RICH_RECIPE), voted, folder, 1, True, "cpu", Listener())
    assert folder.history.read_bytes() == whole.history.read_bytes()


def test_export_gives_the_running_mean_and_its_views(
    whole: RunFolder, voted: FaceDataset, tmp_path: Path
) -> None:
    state = load_checkpoint(whole.checkpoint).state
    last, mean = state["learners"], state["network"]
    name = "classify.weight"
    assert not torch.equal(last[f"network.{name}"], mean[name])
    path = tmp_path / "again.onnx"
    export_runs([whole], voted, "model", path)
    answers = [Classifier(file).predict(voted.images) for file in (path, whole.model)]
    np.testing.assert_array_equal(answers[0].probabilities, answers[1].probabilities)
    mirrored = Classifier(path).predict(np.ascontiguousarray(voted.images[:, :, ::-1]))
    np.testing.assert_allclose(mirrored.probabilities, answers[0].probabilities, atol=1e-5)
    export_runs([whole], voted, "plain", path, {"flip": False})
    assert not np.allclose(Classifier(path).predict(voted.images).embeddings, answers[0].embeddings)


def test_runs_answer_as_one(whole: RunFolder, voted: FaceDataset, tmp_path: Path) -> None:
    path = tmp_path / "both.onnx"
    export_runs([whole, whole], voted, "both", path)
    alone = Classifier(whole.model).predict(voted.images)
    both = Classifier(path).predict(voted.images)
    np.testing.assert_allclose(both.probabilities, alone.probabilities, atol=1e-4)
    assert both.embeddings.shape[1] == 2 * alone.embeddings.shape[1]
    assert Classifier(path).card.recipe.count("[network]") == 2


def trained(data: FaceDataset, recipe: Recipe, **changes: Any) -> Trainer:
    """One epoch, by a recipe with one section changed."""
    settings = recipe.settings.model_copy(update=changes)
    train, validation = (Faces.of(data.subset(split)) for split in ("Training", "PublicTest"))
    trainer = Trainer(settings, train, validation, 0, torch.device("cpu"))
    trainer.run_epoch(0)
    return trainer


def test_votes_teach_the_features(voted: FaceDataset) -> None:
    """With labels that say nothing, votes alone must still move the network's features."""
    recipe = make_recipe(RICH_RECIPE)
    with_votes = trained(voted, recipe)
    without = trained(replace(voted, votes=None), recipe)
    stem = "features.0.weight"
    assert not torch.equal(
        with_votes.network.state_dict()[stem], without.network.state_dict()[stem]
    )


def test_a_student_takes_on_its_teacher_s_opinion(voted: FaceDataset, tmp_path: Path) -> None:
    """Its own labels are all wrong, so what it knows it has from the teacher."""
    able = TINY_RECIPE.replace("epochs = 3", "epochs = 15").replace("0.5", "0.0")
    teacher, student = RunFolder(tmp_path / "teacher"), RunFolder(tmp_path / "student")
    train(make_recipe(able), voted, teacher)
    accuracy = Classifier(teacher.model).card.figures["accuracy"]
    assert accuracy > 0.6
    wrong = replace(
        voted, labels=np.where(voted.splits == "Training", (voted.labels + 1) % 7, voted.labels)
    )
    lesson = f'\n[distillation]\nteachers = ["{teacher.path}"]\nweight = 1.0\n'
    train(make_recipe(able + lesson), wrong, student)
    assert Classifier(student.model).card.figures["accuracy"] > accuracy - 0.2


def test_a_teacher_that_is_no_run_is_told(voted: FaceDataset, tmp_path: Path) -> None:
    recipe = make_recipe(RICH_RECIPE + f'\n[distillation]\nteachers = ["{tmp_path / "no"}"]\n')
    with pytest.raises(TrainingError, match="checkpoint not found"):
        train(recipe, voted, RunFolder(tmp_path / "run"))


def test_a_face_of_no_weight_is_as_if_it_were_not_there(
    voted: FaceDataset, recipe: Recipe, tmp_path: Path
) -> None:
    kept = np.r_[0:60, 80:120]
    fewer = replace(voted.take(kept), votes=None)
    weights = np.ones(80, np.float32)
    weights[60:] = 0
    weighed, left_out = RunFolder(tmp_path / "weighed"), RunFolder(tmp_path / "left out")
    fit(recipe, voted, weighed, 0, False, "cpu", Listener(), weights)
    fit(recipe, fewer, left_out, 0, False, "cpu", Listener())
    rows = [
        folder.history.read_text().splitlines()[-1].split(",") for folder in (weighed, left_out)
    ]
    np.testing.assert_allclose(*(np.array(row, float) for row in rows), rtol=1e-4)
    with pytest.raises(TrainingError, match="another weights"):
        fit(recipe, voted, weighed, 0, True, "cpu", Listener(), np.ones(80, np.float32))


def test_an_int8_file_answers_nearly_the_same(
    whole: RunFolder, voted: FaceDataset, tmp_path: Path
) -> None:
    path = tmp_path / "tiny-int8.onnx"
    export_runs([whole], voted, "tiny-int8", path, int8=True)
    kinds = {node.op_type for node in onnx.load(path).graph.node}
    assert "QuantizeLinear" in kinds
    ours, theirs = (Classifier(file) for file in (path, whole.model))
    assert ours.card.name == "tiny-int8"
    assert ours.card.recipe == theirs.card.recipe
    answers = [classifier.predict(voted.images).probabilities for classifier in (ours, theirs)]
    np.testing.assert_allclose(answers[0].sum(1), 1, atol=1e-5)
    np.testing.assert_allclose(*answers, atol=0.1)
    assert (answers[0] != answers[1]).any()


def test_a_model_of_aligned_faces_says_so(voted: FaceDataset, tmp_path: Path) -> None:
    aligned = make_recipe(TINY_RECIPE + '\n[data]\nalignment = "landmarks"\n')
    runs = [RunFolder(tmp_path / name) for name in ("aligned", "as they come")]
    for recipe, folder in zip((aligned, make_recipe()), runs, strict=True):
        train(recipe, voted, folder)
    cards = [Classifier(folder.model).card for folder in runs]
    assert [card.alignment for card in cards] == ["landmarks", "none"]
    assert cards[0].data_fingerprint == voted.fingerprint
    with pytest.raises(TrainingError, match=r"differ in data\.alignment"):
        export_runs(runs, voted, "both", tmp_path / "both.onnx")
    lesson = f'\n[distillation]\nteachers = ["{runs[0].path}"]\n'
    with pytest.raises(TrainingError, match=r"set data\.alignment to 'landmarks'"):
        train(make_recipe(TINY_RECIPE + lesson), voted, RunFolder(tmp_path / "student"))
