from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, numpy_helper

from mien.data import FaceDataset
from mien.inference.classifier import Classifier
from mien.inference.contract import ModelCard
from mien.training.export import export_model
from mien.training.networks import build_network
from mien.training.recipe import load_recipe
from mien.training.settings import Views
from mien.training.slim import store_halves

CARD = ModelCard("small", "0", "recipe", "print", temperature=1.0)


@pytest.fixture(scope="module")
def path(faces: FaceDataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `small` network, its weights as they were drawn."""
    torch.manual_seed(0)
    file = tmp_path_factory.mktemp("slim") / "small.onnx"
    network = build_network(load_recipe("small").settings.network)
    export_model(network, CARD, Views(flip=True), faces, file)
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
