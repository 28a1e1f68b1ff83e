"""Several sources in one training, from a recipe to a model file that takes priors."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import log_softmax

from mien.data import FaceDataset
from mien.data.sources import join_sources
from mien.errors import DataError, ModelError, RecipeError, TrainingError
from mien.inference.classifier import Classifier
from mien.training.batches import Faces
from mien.training.checkpoint import load_checkpoint, load_network
from mien.training.export_run import export_runs
from mien.training.networks.composition import SourceEnsemble
from mien.training.recipe import RunFolder, parse_recipe
from mien.training.run import train
from mien.training.sources import (
    balance,
    base_rates,
    learned_sources,
    of_source,
    source_weights,
    targets,
)
from mien.training.trainer import Trainer

from .conftest import TINY_RECIPE, make_recipe

pytestmark = pytest.mark.slow

SOURCES = '[[sources]]\nname = "web"\nterms = "for research"\n\n[[sources]]\nname = "lab"\n\n'
RECIPE = SOURCES + TINY_RECIPE


def two_sources(faces: FaceDataset) -> FaceDataset:
    """The tiny faces, and as many darker ones of which most are neutral."""
    rng = np.random.default_rng(1)
    mostly = np.where(rng.random(len(faces)) < 0.6, 6, faces.labels)
    images = rng.integers(0, 60, faces.images.shape, dtype=np.uint8)
    for image, label in zip(images, mostly, strict=True):
        image[4 + 6 * label : 8 + 6 * label] += 120
    lab = replace(faces, images=images, labels=mostly)
    return join_sources({"web": faces, "lab": lab})


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, faces: FaceDataset) -> Path:
    folder = RunFolder(tmp_path_factory.mktemp("run"))
    text = RECIPE.replace("epochs = 3", "epochs = 12")
    return train(make_recipe(text), two_sources(faces), folder)


def test_base_rates_count_one_face_more_of_each_label() -> None:
    labels, sources = np.array([0, 0, 1, 2]), np.array([0, 0, 0, 1])
    rates = base_rates(labels, sources, 3)
    np.testing.assert_allclose(rates.numpy(), [[3 / 6, 2 / 6, 1 / 6], [1 / 4, 1 / 4, 2 / 4]])


def test_logits_of_a_source_are_those_of_bayes_rule() -> None:
    rates = torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])
    logits, sources = torch.randn(6, 3), torch.tensor([0, 1, 0, 1, 1, 0])
    found = torch.softmax(of_source(logits, rates, sources), 1)
    weighed = torch.softmax(logits, 1) * rates[sources]
    torch.testing.assert_close(found, weighed / weighed.sum(1, keepdim=True))


def test_sources_count_alike_however_large() -> None:
    sources = torch.tensor([0] * 30 + [1] * 10)
    weights = balance(sources)
    totals = torch.zeros(2).index_add(0, sources, weights[sources])
    torch.testing.assert_close(totals, torch.tensor([20.0, 20.0]))


def test_a_source_weighs_what_the_recipe_says(faces: FaceDataset) -> None:
    data = two_sources(faces).subset("Training")
    settings = make_recipe(RECIPE.replace('name = "lab"', 'name = "lab"\nweight = 0.25')).settings
    weights = source_weights(settings, data)
    assert weights is not None
    assert data.sources is not None
    np.testing.assert_array_equal(weights, np.where(data.sources == 0, 1, 0.25))
    assert source_weights(make_recipe(RECIPE).settings, data) is None


def test_a_teacher_s_opinion_is_mixed_with_the_labels_of_its_source(
    faces: FaceDataset, tiny_model: Path
) -> None:
    data = two_sources(faces).subset("Training")
    teacher = f'name = "lab"\nteacher = "{tiny_model}"\nteacher_weight = 0.3'
    shares = targets(make_recipe(RECIPE.replace('name = "lab"', teacher)).settings, data)
    assert shares is not None
    labels = np.eye(7)[data.labels]
    own = data.sources == 0
    np.testing.assert_array_equal(shares.numpy()[own], labels[own])
    opinions = Classifier(tiny_model).predict(data.images[~own]).probabilities
    np.testing.assert_allclose(
        shares.numpy()[~own], 0.7 * labels[~own] + 0.3 * opinions, rtol=1e-5, atol=1e-7
    )
    assert targets(make_recipe(RECIPE).settings, data) is None


def test_a_teacher_of_other_labels_or_faces_is_refused(
    faces: FaceDataset, eight_label_model: Path
) -> None:
    text = RECIPE.replace('name = "lab"', f'name = "lab"\nteacher = "{eight_label_model}"')
    with pytest.raises(TrainingError, match=r"of source 'lab' has 64x64 RGB faces labelled angry,"):
        targets(make_recipe(text).settings, two_sources(faces).subset("Training"))
    text = RECIPE.replace('name = "lab"', 'name = "lab"\nteacher = "nobody"')
    with pytest.raises(ModelError, match="nobody: no such model file"):
        targets(make_recipe(text).settings, two_sources(faces).subset("Training"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            RECIPE.replace('name = "lab"', 'name = "web"'),
            "sources must have different names",
        ),
        (RECIPE + '\n[views]\nflip = true\n[[sources]]\nname = "No"', "sources.2.name"),
        (
            RECIPE.replace("horizontal_flip = true", "mixup = 0.2"),
            "mixup and cutmix must be 0 for several sources",
        ),
    ],
)
def test_recipes_whose_sources_do_not_fit_are_refused(text: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        parse_recipe(text, "tiny.toml")


def test_the_gradient_of_telling_sources_stops_before_the_features(faces: FaceDataset) -> None:
    settings = make_recipe(RECIPE).settings
    data = two_sources(faces)
    trainer = Trainer(
        settings,
        Faces.of(data.subset("Training")),
        Faces.of(data.subset("PublicTest")),
        0,
        torch.device("cpu"),
    )
    output = trainer.network(torch.tensor(data.images[:8]))
    output.sources.sum().backward()
    assert trainer.network.tell is not None
    assert trainer.network.tell.weight.grad is not None
    assert all(weights.grad is None for weights in trainer.network.features.parameters())


def test_the_card_states_the_sources_and_their_base_rates(model: Path, faces: FaceDataset) -> None:
    card = Classifier(model).card
    assert [source.name for source in card.sources] == ["web", "lab"]
    assert [source.terms for source in card.sources] == ["for research", ""]
    data = two_sources(faces).subset("Training")
    assert data.sources is not None
    for index, source in enumerate(card.sources):
        own = data.labels[data.sources == index]
        assert source.faces == len(own)
        wanted = (np.bincount(own, minlength=7) + 1) / (len(own) + 7)
        np.testing.assert_allclose(source.base_rates, wanted, atol=1e-6)
    assert set(card.figures["sources"]) == {"web", "lab"}


def test_a_prior_changes_the_odds_by_the_ratio_of_the_base_rates(
    model: Path, faces: FaceDataset
) -> None:
    images = faces.images[:20]
    logs = {}
    for name in ("web", "lab", "uniform"):
        classifier = Classifier(model, prior=name)
        assert classifier.prior == name
        logs[name] = np.log(classifier.predict(images).probabilities.astype(np.float64))
    rates = {source.name: np.log(source.base_rates) for source in Classifier(model).card.sources}
    # Each source has a calibration of its own, and the mixture weighs both: of a face that is like
    # one source alone, the odds move as Bayes' rule says.
    for name in ("web", "lab"):
        moved = logs[name] - logs["uniform"]
        wanted = log_softmax(logs["uniform"] + rates[name], axis=1) - logs["uniform"]
        assert np.abs(moved - wanted).mean() < 0.25


def test_a_source_without_faces_to_calibrate_on_is_refused(
    faces: FaceDataset, tmp_path: Path
) -> None:
    data = two_sources(faces)
    assert data.sources is not None
    kept = (data.sources == 0) | (data.splits == "Training")
    with pytest.raises(DataError, match="source 'lab' has no faces in the split PublicTest"):
        train(make_recipe(RECIPE), data.take(kept), RunFolder(tmp_path / "run"))


def test_data_of_other_sources_than_the_recipe_s_is_refused(
    faces: FaceDataset, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="the data has other sources than the recipe"):
        train(make_recipe(RECIPE), faces, RunFolder(tmp_path / "run"))


def test_a_run_starts_from_another_s_weights(
    model: Path, faces: FaceDataset, tmp_path: Path
) -> None:
    folder = RunFolder(tmp_path / "run")
    still = RECIPE.replace("learning_rate = 1e-2", "learning_rate = 1e-9").replace("= 3", "= 1")
    train(make_recipe(still), two_sources(faces), folder, start=model.parent)
    images = faces.images[:10]
    before, after = (Classifier(path).predict(images) for path in (model, folder.model))
    # Batch normalization goes on counting, so they are not equal.
    alike = np.corrcoef(before.embeddings.ravel(), after.embeddings.ravel())[0, 1]
    assert alike > 0.95


def test_a_run_of_another_network_is_no_start(
    model: Path, faces: FaceDataset, tmp_path: Path
) -> None:
    wider = RECIPE.replace("channels = [4]", "channels = [5]")
    with pytest.raises(TrainingError, match="is a run of another network"):
        train(
            make_recipe(wider), two_sources(faces), RunFolder(tmp_path / "run"), start=model.parent
        )


def test_a_prior_weight_flattens_the_base_rates_of_the_card(faces: FaceDataset) -> None:
    text = RECIPE.replace('name = "lab"', 'name = "lab"\nprior_weight = 0.5')
    full, half = (
        learned_sources(make_recipe(recipe).settings, two_sources(faces))
        for recipe in (RECIPE, text)
    )
    assert full[0] == half[0]
    roots = np.sqrt(full[1].base_rates)
    np.testing.assert_allclose(half[1].base_rates, roots / roots.sum(), rtol=1e-5)


def train_alone(name: str, faces: FaceDataset, folder: Path) -> RunFolder:
    """A run of one source."""
    text = TINY_RECIPE.replace("[augmentation]", f'[[sources]]\nname = "{name}"\n\n[augmentation]')
    train(make_recipe(text), faces, RunFolder(folder))
    return RunFolder(folder)


def test_a_network_of_one_source_answers_for_its_faces(
    model: Path, faces: FaceDataset, tmp_path: Path
) -> None:
    """Of a face like the lab's nothing changes but the embedding; of one like the web's it does."""
    alone = train_alone("web", faces, tmp_path / "alone")
    data, path = two_sources(faces), tmp_path / "both.onnx"
    export_runs([RunFolder(model.parent), alone], data, "both", path)
    both = Classifier(path).predict(faces.images)
    assert (
        both.embeddings.shape[1] == 2 * Classifier(model).predict(faces.images).embeddings.shape[1]
    )
    networks = [
        load_network(load_checkpoint(run / "checkpoint.pt"), "")[0]
        for run in (model.parent, alone.path)
    ]
    card = Classifier(path).card
    rates = torch.tensor([source.base_rates for source in card.sources])
    ensemble = SourceEnsemble(networks, [None, 0], rates)
    with torch.no_grad():
        pixels = torch.tensor(faces.images)
        joined, single, answer = (part(pixels) for part in (*networks, ensemble))
    wanted = joined.logits[:, None] + rates.log()
    torch.testing.assert_close(answer.logits[:, 1], wanted[:, 1])
    torch.testing.assert_close(
        answer.logits[:, 0], (wanted[:, 0] + single.logits) / 2, atol=1e-4, rtol=1e-4
    )


def test_a_network_of_another_source_is_refused(
    model: Path, faces: FaceDataset, tmp_path: Path
) -> None:
    alone = train_alone("street", faces, tmp_path / "alone")
    with pytest.raises(
        TrainingError, match=r"the runs differ in|belongs to a run with another data"
    ):
        export_runs([RunFolder(model.parent), alone], two_sources(faces), "m", tmp_path / "m.onnx")
