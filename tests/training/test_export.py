from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, numpy_helper
from sklearn.decomposition import PCA
from torch import nn

from mien.data import FaceDataset
from mien.errors import ModelError
from mien.evaluation.calibration import Calibration
from mien.inference.classifier import Classifier, Prediction
from mien.inference.model_card import LearnedSource, ModelCard
from mien.training.export import (
    CalibratedNetwork,
    check_parity,
    export_model,
    fit_whitening,
    store_halves,
)
from mien.training.networks import build_network
from mien.training.networks.paper import PaperCNN
from mien.training.posterior import Posterior, PosteriorLayer
from mien.training.recipe import Recipe, load_recipe
from mien.training.settings import Views

pytestmark = pytest.mark.slow

EVEN = LearnedSource("training", 7, (1 / 7,) * 7)
EVEN_PRIOR = torch.full((1, 7), 1 / 7)
CARD = ModelCard(
    "tiny", "0", "recipe", "print", temperature=1.0, figures={"epochs": 1}, sources=(EVEN,)
)


@pytest.fixture
def network(recipe: Recipe) -> PaperCNN:
    torch.manual_seed(0)
    network = PaperCNN(recipe.settings.network, recipe.settings.data.format)
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
    posterior = PosteriorLayer(Posterior((calibration,)), EVEN_PRIOR.numpy())
    calibrated = CalibratedNetwork(network, posterior, whitening).eval()
    for count in (1, 2, 37):
        answer = classifier.predict(faces.images[:count])
        with torch.no_grad():
            probabilities, embedding = calibrated(torch.tensor(faces.images[:count]), EVEN_PRIOR)
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
def test_a_file_with_other_predictions_than_the_network_is_refused(
    network: PaperCNN, faces: FaceDataset, tmp_path: Path, part: str
) -> None:
    path = tmp_path / "model.onnx"
    export_model(network, CARD, Views(), faces, path)
    probabilities, embeddings, outputs = Classifier(path).predict(faces.images)
    check_parity(Prediction(probabilities, embeddings, outputs), path, faces.images, 1e-4)
    if part == "probabilities":
        probabilities = np.roll(probabilities, 1, axis=1)
    else:
        embeddings = embeddings * 2
    with pytest.raises(ModelError, match=f"{part} differ from torch's"):
        check_parity(Prediction(probabilities, embeddings, outputs), path, faces.images, 1e-4)


def test_a_network_that_diverged_leaves_no_file(
    network: PaperCNN, faces: FaceDataset, tmp_path: Path
) -> None:
    with torch.no_grad():
        network.classify.bias.fill_(float("nan"))
    with pytest.raises(ModelError, match="diverged"):
        export_model(network, CARD, Views(), faces, tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


SlimCARD = ModelCard("small", "0", "recipe", "print", temperature=1.0, sources=(EVEN,))


@pytest.fixture(scope="module")
def path(faces: FaceDataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `small` network, its weights as they were drawn."""
    torch.manual_seed(0)
    file = tmp_path_factory.mktemp("slim") / "small.onnx"
    network = build_network(load_recipe("small").settings)
    export_model(network, SlimCARD, Views(flip=True), faces, file)
    return file


def test_the_small_network_fits_in_a_megabyte(path: Path) -> None:
    assert path.stat().st_size < 1_000_000
    kinds = {weights.data_type for weights in onnx.load(path).graph.initializer}
    assert TensorProto.FLOAT16 in kinds
    large = [
        weights
        for weights in onnx.load(path).graph.initializer
        if weights.data_type == TensorProto.FLOAT and np.prod(weights.dims) >= 256
    ]
    assert not large


def test_a_file_tells_nothing_of_the_machine_that_made_it(path: Path) -> None:
    content = path.read_bytes()
    for trace in (str(Path(torch.__file__).parent), str(Path(__file__).parent.parent), ".py"):
        assert trace.encode() not in content


def test_halves_answer_as_whole_weights_do(path: Path, faces: FaceDataset, tmp_path: Path) -> None:
    """Undoing the casts by hand leaves the very numbers that the runtime computes with."""
    model = onnx.load(path)
    halves = {weights.name: weights for weights in model.graph.initializer}
    for node in [node for node in model.graph.node if node.input[0].endswith(".half")]:
        values = numpy_helper.to_array(halves[node.input[0]]).astype(np.float32)
        model.graph.initializer.append(numpy_helper.from_array(values, node.output[0]))
        model.graph.node.remove(node)
    onnx.save(model, tmp_path / "whole.onnx")
    whole, half = (
        Classifier(file).predict(faces.images[:9]) for file in (tmp_path / "whole.onnx", path)
    )
    np.testing.assert_allclose(half.probabilities, whole.probabilities, atol=1e-6)


def test_small_tensors_stay_whole() -> None:
    values = np.arange(10, dtype=np.float32)
    model = onnx.ModelProto()
    model.graph.initializer.append(numpy_helper.from_array(values, "few"))
    store_halves(model)
    assert model.graph.initializer[0].data_type == TensorProto.FLOAT
    assert not model.graph.node


def correlated(count: int, width: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mixed = rng.normal(size=(count, width)) @ rng.normal(size=(width, width)) + 3
    return mixed.astype(np.float32)


def test_cosines_are_nearly_those_of_scikit_learns_whitening() -> None:
    embeddings = correlated(2000, 8)
    ours = fit_whitening(embeddings).apply(embeddings)
    theirs = PCA(whiten=True).fit_transform(embeddings)
    near = np.corrcoef((ours @ ours.T).ravel(), (theirs @ theirs.T).ravel())[0, 1]
    assert near > 0.9  # the ridge makes the difference


def test_the_mean_is_nowhere_and_no_direction_counts_for_more() -> None:
    embeddings = correlated(2000, 8)
    white = fit_whitening(embeddings).apply(embeddings)
    before, after = (np.linalg.eigvalsh(np.cov(one.T)) for one in (embeddings, white))
    np.testing.assert_allclose(white.mean(axis=0), 0, atol=1e-3)
    assert after.max() <= 1.001
    assert after.max() / after.min() < before.max() / before.min() / 5


@given(count=st.integers(1, 20), dead=st.integers(0, 6))
def test_few_faces_and_dead_features_make_no_number_infinite(count: int, dead: int) -> None:
    embeddings = correlated(count, 6)
    embeddings[:, :dead] = 0
    whitening = fit_whitening(embeddings)
    unseen = correlated(5, 6, seed=1)
    assert np.isfinite(whitening.apply(unseen)).all()


def test_the_map_is_symmetric_so_the_same_whatever_way_directions_point() -> None:
    matrix = fit_whitening(correlated(50, 6)).matrix
    assert matrix == pytest.approx(matrix.T, abs=1e-5)
