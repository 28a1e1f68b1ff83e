from pathlib import Path

import numpy as np
import pytest
import torch

from mien.data import FaceDataset
from mien.evaluation.calibration import Calibration
from mien.inference.classifier import Classifier
from mien.inference.model_card import LearnedSource, ModelCard
from mien.training.export import export_model
from mien.training.networks import ExpressionNetwork, build_network
from mien.training.networks.composition import Averaged, Ensemble, count_views, shifted
from mien.training.recipe import Recipe
from mien.training.settings import Views

pytestmark = pytest.mark.slow

EVEN = LearnedSource("training", 7, (1 / 7,) * 7)
CARD = ModelCard("tiny", "0", "recipe", "print", temperature=1.0, sources=(EVEN,))


@pytest.fixture
def networks(recipe: Recipe) -> list[ExpressionNetwork]:
    torch.manual_seed(0)
    return [build_network(recipe.settings).eval() for _ in range(2)]


def moved(image: np.ndarray, down: int, right: int) -> np.ndarray:
    padded = np.pad(image, 3, mode="edge")
    return padded[3 - down : 51 - down, 3 - right : 51 - right]


def test_faces_move_up_down_left_and_right(faces: FaceDataset) -> None:
    image = faces.images[0]
    expected = [moved(image, *by) for by in ((3, 0), (-3, 0), (0, 3), (0, -3))]
    for view, wanted in zip(shifted(torch.tensor(image)[None], 3), expected, strict=True):
        np.testing.assert_array_equal(view[0].numpy(), wanted)


@pytest.mark.parametrize(
    ("views", "count"),
    [(Views(), 1), (Views(flip=True), 2), (Views(shift=2), 5), (Views(flip=True, shift=2), 10)],
)
def test_the_answer_is_the_mean_over_views(
    networks: list[ExpressionNetwork], faces: FaceDataset, views: Views, count: int
) -> None:
    images = torch.tensor(faces.images[:6])
    seen = [images, *(shifted(images, views.shift) if views.shift else [])]
    seen += [view.flip(-1) for view in seen] if views.flip else []
    assert len(seen) == count_views(views) == count
    averaged = Averaged(networks[0], views)(images)
    for part in (0, 1):
        mean = torch.stack([networks[0](view)[part] for view in seen]).mean(0)
        torch.testing.assert_close(averaged[part], mean)
    torch.testing.assert_close(networks[0].classify(averaged.embedding), averaged.logits)


def test_a_file_with_views_answers_a_mirrored_face_alike(
    networks: list[ExpressionNetwork], faces: FaceDataset, tmp_path: Path
) -> None:
    """Through the graph, at batch sizes that it was not traced with."""
    path = tmp_path / "model.onnx"
    export_model(networks[0], CARD, Views(flip=True), faces, path)
    classifier = Classifier(path)
    plain, mirrored = (classifier.predict(images) for images in (faces.images[:7], flipped(faces)))
    np.testing.assert_allclose(plain.probabilities, mirrored.probabilities, atol=1e-5)
    np.testing.assert_allclose(plain.embeddings, mirrored.embeddings, atol=1e-4)


def flipped(faces: FaceDataset) -> np.ndarray:
    return np.ascontiguousarray(faces.images[:7, :, ::-1])


def test_an_ensemble_answers_the_mean_and_stays_linear(
    networks: list[ExpressionNetwork], faces: FaceDataset, tmp_path: Path
) -> None:
    images = torch.tensor(faces.images[:5])
    together = Ensemble(networks)(images)
    alone = [network(images) for network in networks]
    torch.testing.assert_close(together.logits, (alone[0].logits + alone[1].logits) / 2)
    last = torch.cat([network.classify.weight / 2 for network in networks], 1)
    bias = (networks[0].classify.bias + networks[1].classify.bias) / 2
    torch.testing.assert_close(together.embedding @ last.T + bias, together.logits)
    path = tmp_path / "ensemble.onnx"
    export_model(Ensemble(networks), CARD, Views(), faces, path)
    classifier = Classifier(path)
    calibration = Calibration(classifier.card.temperature, classifier.card.correction)
    expected = calibration.apply(together.logits.detach().numpy())
    answer = classifier.predict(faces.images[:5]).probabilities
    np.testing.assert_allclose(answer, expected, atol=1e-5)
