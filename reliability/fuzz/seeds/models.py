"""Model files, their cards, and base rates."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from mien.emotions import EMOTIONS
from mien.inference.model_card import LearnedSource, ModelCard, NamedOutput
from reliability.fuzz.seeds import Seeds

_SHARES = (0.1, 0.1, 0.1, 0.2, 0.1, 0.1, 0.3)
CARD = ModelCard("tiny", "0.1.0", "[data]\n", "0" * 64, 1.5, {"accuracy": 0.5, "n": 100})
SOURCES = (LearnedSource("fer2013", 100, _SHARES, "none"),)


def onnx_files() -> Seeds:
    """A network that keeps the contract: means of blocks, then a linear layer."""
    outputs = (NamedOutput("arousal", "", "From 0 to 1."),)
    return {
        "tiny.onnx": tiny_model(),
        "outputs.onnx": _model(replace(CARD, outputs=outputs), ("arousal",)),
    }


@cache
def tiny_model() -> bytes:
    """Returns a small model file."""
    return _model(CARD)


def _model(card: ModelCard, further: tuple[str, ...] = ()) -> bytes:
    rng = np.random.default_rng(0)
    nodes = [
        helper.make_node("Cast", ["faces"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["float", "axis"], ["image"]),
        helper.make_node("AveragePool", ["image"], ["pooled"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Flatten", ["pooled"], ["embedding"]),
        helper.make_node("MatMul", ["embedding", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=-1),
    ]
    weights = {"weights": rng.normal(0, 0.05, (36, 7)).astype(np.float32)}
    widths = {"probabilities": 7, "embedding": 36}
    for name in further:
        nodes.append(helper.make_node("MatMul", ["embedding", f"{name}_w"], [name]))
        weights[f"{name}_w"] = rng.normal(0, 0.05, (36, 1)).astype(np.float32)
        widths[name] = 1
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("faces", TensorProto.UINT8, ["n", 48, 48])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width])
            for name, width in widths.items()
        ],
        [
            *(numpy_helper.from_array(values, name) for name, values in weights.items()),
            numpy_helper.from_array(np.array([1], np.int64), "axis"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, card.to_metadata())
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def cards() -> Seeds:
    """The metadata of a model file as a JSON object of texts."""
    rows = tuple((0.1,) * 4 for _ in EMOTIONS)
    whole = replace(CARD, sources=SOURCES, prototypes=rows, outputs=(NamedOutput("age"),))
    return {
        "plain.json": json.dumps(CARD.to_metadata()).encode(),
        "whole.json": json.dumps(whole.to_metadata()).encode(),
    }


def priors() -> Seeds:
    """How common each label is."""
    return {"shares.json": json.dumps(dict(zip(EMOTIONS, _SHARES, strict=True))).encode()}
