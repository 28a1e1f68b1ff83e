"""The paper's network for Keras 3 and LiteRT: weights and calibration are its model file's."""

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from mien.errors import MienError, ModelError
from mien.files import replacing
from mien.inference.classifier import Classifier
from mien.inference.model_card import INPUT

if TYPE_CHECKING:
    from keras import KerasTensor, Model

_TOLERANCE = 1e-5
_FACES = 64  # random ones, on which the file is checked before it is kept
_LAYERS = ("Conv", "Relu", "MaxPool", "Gemm")
_AROUND = ("Cast", "Div", "Sub", "Unsqueeze", "Reshape")  # scaling, and flattening
_DENSE = 2  # the paper's: one to the embedding, one to the labels

Floats = NDArray[np.float32]


def export_keras(model: str | Path, path: Path) -> None:
    """Writes a Keras file of a model file of the paper's network.

    The Keras model takes gray faces (N, S, S), any type, 0 to 255, and returns calibrated
    probabilities (N, L), by the base rates that were learned. It consists of Keras' own layers and
    operations: nothing of Mien is needed to open it. Normalizations are part of the convolutions,
    as in the model file.

    Args:
        model: the path of a model file, or a shipped name.
        path: of the file to write; it ends in `.keras`.

    Raises:
        MienError: Keras is not installed, or `path` cannot be written or has another ending.
        ModelError: the network is not a chain of convolutions and two dense layers as the paper's,
            or its answers differ by more than 1e-5.
    """
    if path.suffix != ".keras":
        raise MienError("a Keras file ends in .keras", subject=path, remedy="rename it")
    classifier = Classifier(model)
    network = build_keras(classifier)
    _check(network, classifier)
    try:
        with replacing(path) as beside, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras' and torch's, of each other
            network.save(beside)
    except OSError as error:
        raise _unwritable(path, error) from None


def export_tflite(model: str | Path, path: Path) -> None:
    """Writes a TFLite (LiteRT) file of a model file of the paper's network, by way of Keras.

    It takes float32 (N, S, S), 0 to 255, and returns probabilities (N, L).

    Args:
        model: the path of a model file, or a shipped name.
        path: of the file to write; it ends in `.tflite`.

    Raises:
        MienError: Keras or TensorFlow is not installed, or `path` cannot be written or has another
            ending.
        ModelError: as `export_keras`.
    """
    if path.suffix != ".tflite":
        raise MienError("a LiteRT file ends in .tflite", subject=path, remedy="rename it")
    os.environ["KERAS_BACKEND"] = "tensorflow"  # before Keras is imported
    try:
        import tensorflow as tf  # noqa: PLC0415 - hundreds of megabytes, for this alone
    except ModuleNotFoundError:
        raise MienError(
            "'tensorflow' is not installed", remedy="pip install tensorflow-cpu"
        ) from None
    classifier = Classifier(model)
    network = build_keras(classifier)
    _check(network, classifier)
    content = tf.lite.TFLiteConverter.from_keras_model(network).convert()
    try:
        with replacing(path) as beside:
            beside.write_bytes(content)
    except OSError as error:
        raise _unwritable(path, error) from None


def build_keras(classifier: Classifier) -> "Model":
    """Builds the Keras model.

    Args:
        classifier: of a model file of the paper's network.

    Raises:
        MienError: Keras is not installed.
        ModelError: the network is another one.
    """
    keras = _import_keras()
    card, graph = classifier.card, onnx.load(classifier.path).graph
    weights = _weights(graph)
    side = card.face.side
    faces = keras.Input((side, side), name=INPUT)
    x = keras.layers.Reshape((side, side, 1), name="channel")(faces)
    x = keras.layers.Rescaling(1 / 127.5, -1.0, name="scale")(x)
    nodes = _chain(graph, classifier)
    for number, node in enumerate(nodes):
        own = [weights[name] for name in node.input[1:]]
        if node is nodes[-1]:
            own = [values / np.float32(card.temperature) for values in own]
        x = _add(keras, x, f"{node.op_type.lower()}_{number}", node, own)
    outputs = _calibrate(keras, x, card.correction)
    return keras.Model(faces, outputs, name=f"mien_{card.name}".replace("-", "_"))


def _unwritable(path: Path, error: OSError) -> MienError:
    return MienError(
        f"cannot be written ({error.strerror or error})",
        subject=path,
        remedy="choose another place",
    )


def _import_keras() -> Any:
    os.environ.setdefault("KERAS_BACKEND", "torch")  # the extra `train` has it
    try:
        import keras  # noqa: PLC0415 - an extra, and it takes a second
    except ModuleNotFoundError:
        raise MienError("'keras' is not installed", remedy="pip install 'mien[keras]'") from None
    return keras


def _weights(graph: onnx.GraphProto) -> dict[str, Floats]:
    """Returns the stored numbers by name, also of those that are stored as halves and cast."""
    stored = {value.name: numpy_helper.to_array(value) for value in graph.initializer}
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] in stored:
            stored[node.output[0]] = stored[node.input[0]]
    return {name: values.astype(np.float32) for name, values in stored.items()}


def _chain(graph: onnx.GraphProto, classifier: Classifier) -> list[onnx.NodeProto]:
    """Returns the layers from the scaled faces to the logits, in their order.

    Raises:
        ModelError: the network is no chain of these layers, or is averaged over views.
    """
    made_by = {name: node for node in graph.node for name in node.output}
    last = [node for node in graph.node if node.op_type == "Gemm"][_DENSE - 1 : _DENSE]
    nodes, waiting = [], last
    while waiting:
        node = waiting[0]
        nodes.append(node)
        waiting = [made_by[name] for name in node.input[:1] if name in made_by]
    chain = [node for node in reversed(nodes) if node.op_type in _LAYERS]
    dense = [node for node in graph.node if node.op_type in ("Gemm", "Conv")]
    known = all(node.op_type in (*_LAYERS, *_AROUND) for node in nodes)
    whole = [node for node in chain if node.op_type in ("Gemm", "Conv")] == dense
    if not (chain and known and whole and classifier.card.figures.get("views", 1) == 1):
        raise ModelError(
            "its network is not the paper's",
            subject=classifier.card.name,
            remedy="only a model of the recipe 'paper', without views, can be written for Keras",
        )
    return chain


def _add(
    keras: Any, x: "KerasTensor", name: str, node: onnx.NodeProto, weights: list[Floats]
) -> "KerasTensor":
    """Adds one layer of the model file, whose images have their channels first, to Keras' chain."""
    if node.op_type == "Relu":
        return keras.layers.ReLU(name=name)(x)
    if node.op_type == "MaxPool":
        return keras.layers.MaxPooling2D(2, name=name)(x)
    kernel, bias = weights
    if node.op_type == "Conv":
        layer = keras.layers.Conv2D(len(kernel), kernel.shape[2:], padding="same", name=name)
        x = layer(x)
        layer.set_weights([kernel.transpose(2, 3, 1, 0), bias])
        return x
    if len(x.shape) == 4:
        _, down, across, channels = x.shape
        x = keras.layers.Flatten(name="flatten")(x)
        places = kernel.reshape(len(kernel), channels, down, across)
        kernel = places.transpose(0, 2, 3, 1).reshape(len(kernel), -1)
    layer = keras.layers.Dense(len(kernel), name=name)
    x = layer(x)
    layer.set_weights([kernel.T, bias])
    return x


def _calibrate(keras: Any, logits: "KerasTensor", correction: tuple[float, ...]) -> "KerasTensor":
    """Sharpens the probabilities by their confidence; see `mien.evaluation.calibration`."""
    top = keras.ops.max(keras.ops.softmax(logits), axis=-1, keepdims=True)
    constant, linear, square = correction
    factor = keras.ops.exp((square * top + linear) * top + constant)
    return keras.layers.Softmax(name="probabilities")(logits * factor)


def _check(network: "Model", classifier: Classifier) -> None:
    shape = (_FACES, *classifier.card.face.shape)
    faces = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    answers = network.predict(faces, verbose=0)
    apart = float(np.abs(answers - classifier.predict(faces).probabilities).max())
    if not apart <= _TOLERANCE:
        raise ModelError(f"Keras' answers differ by {apart:.2g}; not saved")
