from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from mien.data import FaceDataset
from mien.errors import ModelError
from mien.evaluation.calibration import Calibration
from mien.inference.classifier import Classifier, Prediction
from mien.inference.contract import ModelCard
from mien.training.export import CalibratedNetwork, check_parity, export_model
from mien.training.networks.paper import PaperCNN
from mien.training.recipe import Recipe
from mien.training.settings import Views
from mien.training.whitening import fit_whitening

CARD = ModelCard("tiny", "0", "recipe", "print", temperature=1.0, figures={"epochs": 1})


@pytest.fixture
def network(recipe: Recipe) -> PaperCNN:
    torch.manual_seed(0)
    network = PaperCNN(recipe.settings.network)
    with torch.no_grad():  # far from calibrated, so that the temperature has work to do
        network.classify.weight *= 30
    return network.eval()


def test_the_file_answers_what_torch_answers_at_any_batch_size(
    network: PaperCNN, faces: FaceDataset, tmp_path: Path
) -> None:
    path = tmp_path / "model.onnx"
    export_model(network, CARD, Views(), faces, path)
    classifier = Classifier(path)
    calibration = Calibration(classifier.card.temperature, classifier.card.correction)
    with torch.no_grad():
        whitening = fit_whitening(network(torch.tensor(faces.images)).embedding.numpy())
    calibrated = CalibratedNetwork(network, calibration, whitening).eval()
    for count in (1, 2, 37):
        answer = classifier.predict(faces.images[:count])
        with torch.no_grad():
            probabilities, embedding = calibrated(torch.tensor(faces.images[:count]))
        np.testing.assert_allclose(answer.probabilities, probabilities.numpy(), atol=0.01)
        np.testing.assert_allclose(answer.embeddings, embedding.numpy(), rtol=0.01, atol=0.01)


def test_calibration_lowers_the_loss_and_keeps_the_answers(
    network: PaperCNN, faces: FaceDataset, tmp_path: Path
) -> None:
    path = tmp_path / "model.onnx"
    export_model(network, CARD, Views(), faces, path)
    classifier = Classifier(path)
    with torch.no_grad():
        logits = network(torch.tensor(faces.images)).logits
    labels = torch.tensor(faces.labels)
    raw = nn.functional.cross_entropy(logits, labels).item()
    assert classifier.card.figures["nll"] < raw
    assert classifier.card.temperature > 1
    predicted = classifier.predict(faces.images).probabilities.argmax(1)
    np.testing.assert_array_equal(predicted, logits.argmax(1).numpy())


def test_the_card_keeps_its_figures_and_gains_the_measured_ones(
    network: PaperCNN, faces: FaceDataset, tmp_path: Path
) -> None:
    path = tmp_path / "model.onnx"
    validation = faces.subset("PublicTest")
    export_model(network, CARD, Views(), validation, path)
    figures = Classifier(path).card.figures
    predicted = Classifier(path).predict(validation.images).probabilities.argmax(1)
    assert figures["epochs"] == 1
    assert figures["views"] == 1
    assert figures["accuracy"] == pytest.approx((predicted == validation.labels).mean())
    assert figures["accuracy_interval"][0] < figures["accuracy"] < figures["accuracy_interval"][1]


@pytest.mark.parametrize("part", ["probabilities", "embedding"])
def test_a_file_that_answers_otherwise_is_refused(
    network: PaperCNN, faces: FaceDataset, tmp_path: Path, part: str
) -> None:
    path = tmp_path / "model.onnx"
    export_model(network, CARD, Views(), faces, path)
    probabilities, embeddings = Classifier(path).predict(faces.images)
    check_parity(Prediction(probabilities, embeddings), path, faces.images, 1e-4)
    if part == "probabilities":
        probabilities = np.roll(probabilities, 1, axis=1)
    else:
        embeddings = embeddings * 2
    with pytest.raises(ModelError, match=f"{part} differ from torch's"):
        check_parity(Prediction(probabilities, embeddings), path, faces.images, 1e-4)


def test_a_network_that_diverged_leaves_no_file(
    network: PaperCNN, faces: FaceDataset, tmp_path: Path
) -> None:
    with torch.no_grad():
        network.classify.bias.fill_(float("nan"))
    with pytest.raises(ModelError, match="diverged"):
        export_model(network, CARD, Views(), faces, tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []
