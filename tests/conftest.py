"""Fixtures that several test files use."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, settings
from onnx import TensorProto, helper, numpy_helper

from mien.inference.model_card import FaceFormat, ModelCard, NamedOutput

# How fast an example is says more of the machine than of the code.
settings.register_profile("mien", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("mien")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data; a test that asks for it is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("needs the shared data (FER2013, photos), which is not here")
    return SHARED


@pytest.fixture(scope="session", autouse=True)
def cache_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes the user's own cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


CARD = ModelCard(
    name="tiny",
    version="0",
    recipe="",
    data_fingerprint="none",
    temperature=1.0,
    figures={"split": "none", "n": 0},
)


def to_model(graph: onnx.GraphProto, metadata: dict[str, str]) -> onnx.ModelProto:
    """A model file of a graph."""
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(model, metadata)
    return model


def build_tiny_model(
    metadata: dict[str, str] | None = None,
    outputs: tuple[str, ...] = ("probabilities", "embedding"),
    size: int = 48,
) -> onnx.ModelProto:
    """A small network that keeps the contract: means of 8x8 blocks, then a linear layer."""
    rng = np.random.default_rng(0)
    weights = rng.normal(0, 0.05, (36, 7)).astype(np.float32)
    nodes = [
        helper.make_node("Cast", ["faces"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["float", "axis"], ["image"]),
        helper.make_node("AveragePool", ["image"], ["pooled"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Flatten", ["pooled"], ["embedding"]),
        helper.make_node("MatMul", ["embedding", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=-1),
    ]
    shapes = {"probabilities": ["n", 7], "embedding": ["n", 36]}
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("faces", TensorProto.UINT8, ["n", size, size])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shapes[name]) for name in outputs],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(np.array([1], np.int64), "axis"),
        ],
    )
    return to_model(graph, CARD.to_metadata() if metadata is None else metadata)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of an ONNX file that keeps the contract and is quick to run."""
    path = tmp_path_factory.mktemp("model") / "tiny.onnx"
    onnx.save(build_tiny_model(), path)
    return path


EIGHT_LABEL_CARD = replace(
    CARD,
    name="eight",
    labels=("angry", "contempt", "disgust", "fear", "happy", "sad", "surprise", "neutral"),
    face=FaceFormat(64, "rgb"),
    outputs=(NamedOutput("arousal", "", "From 0 to 1."),),
)


def build_eight_label_model(card: ModelCard = EIGHT_LABEL_CARD) -> onnx.ModelProto:
    """Means of 8x8 blocks of each channel, then linear layers."""
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
    return to_model(graph, card.to_metadata())


@pytest.fixture(scope="session")
def eight_label_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of eight labels and one further output, which takes RGB faces of 64x64."""
    path = tmp_path_factory.mktemp("model") / "eight.onnx"
    onnx.save(build_eight_label_model(), path)
    return path
