"""Fixtures that several tests of batches use."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from mien.batch.plan import Options
from mien.inference.model_card import FaceFormat, ModelCard, NamedOutput
from tests.batch.jobs import make_options, save_photos

EIGHT_LABELS = ("angry", "contempt", "disgust", "fear", "happy", "sad", "surprise", "neutral")


@pytest.fixture
def options(tiny_model: Path) -> Options:
    return make_options(tiny_model)


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Forty images in one folder."""
    return save_photos(tmp_path / "photos", 40)


@pytest.fixture(scope="session")
def eight_label_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of eight labels and one further output, which takes RGB faces of 64x64."""
    card = ModelCard(
        name="eight",
        version="0",
        recipe="",
        data_fingerprint="none",
        temperature=1.0,
        labels=EIGHT_LABELS,
        face=FaceFormat(64, "rgb"),
        outputs=(NamedOutput("arousal", "", "From 0 to 1."),),
    )
    path = tmp_path_factory.mktemp("model") / "eight.onnx"
    onnx.save(_build_model(card), path)
    return path


def _build_model(card: ModelCard) -> onnx.ModelProto:
    rng = np.random.default_rng(0)
    weights = {"labels": (192, len(card.labels)), "arousal_weights": (192, 1)}
    nodes = [
        helper.make_node("Cast", ["faces"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["float"], ["image"], perm=[0, 3, 1, 2]),
        helper.make_node("AveragePool", ["image"], ["pooled"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Flatten", ["pooled"], ["embedding"]),
        helper.make_node("MatMul", ["embedding", "labels"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=-1),
        helper.make_node("MatMul", ["embedding", "arousal_weights"], ["arousal_logit"]),
        helper.make_node("Sigmoid", ["arousal_logit"], ["arousal"]),
    ]
    widths = {"probabilities": len(card.labels), "embedding": 192, "arousal": 1}
    graph = helper.make_graph(
        nodes,
        "eight",
        [helper.make_tensor_value_info("faces", TensorProto.UINT8, ["n", 64, 64, 3])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width])
            for name, width in widths.items()
        ],
        [
            numpy_helper.from_array(rng.normal(0, 0.02, shape).astype(np.float32), name)
            for name, shape in weights.items()
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(model, card.to_metadata())
    return model
