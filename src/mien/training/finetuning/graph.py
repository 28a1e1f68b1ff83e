"""A model file with another last layer; all that comes before stays as it is."""

import re
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from mien.inference.model_card import EMBEDDING, PRIORS, PROBABILITIES, ModelCard
from mien.training.finetuning.head import FLOOR, Floats, Head

_HEAD = re.compile(r"head(\d+)\.")


def replace_head(
    base: onnx.ModelProto, card: ModelCard, head: Head, known: Floats, temperature: float
) -> onnx.ModelProto:
    """Returns a model of the new labels, which follows the contract of model files.

    Args:
        base: the old model; unchanged.
        card: of the new model, with one source.
        head: its last layer.
        known: float64 (L old, L new), 1 where an old label is a new one.
        temperature: the divisor of the new logits.
    """
    model = onnx.ModelProto()
    model.CopyFrom(base)
    graph = model.graph
    earlier = [int(found[1]) for node in graph.node if (found := _HEAD.match(node.output[0]))]
    mine = f"head{1 + max(earlier, default=0)}."
    for name in (PROBABILITIES, PRIORS):
        _rename(graph, name, f"{mine}base.{name}")
    rates = np.array([card.sources[0].base_rates], np.float32)
    constants: dict[str, NDArray[np.generic]] = {
        "floor": np.array(FLOOR, np.float32),
        "known": (known * head.scale / temperature).astype(np.float32),
        "weights": (head.weights / temperature).astype(np.float32),
        "biases": (head.biases / temperature).astype(np.float32),
        "rates": rates,
        "last": np.array([-1], np.int64),
    }
    graph.initializer.extend(
        numpy_helper.from_array(values, mine + name) for name, values in constants.items()
    )
    # An input with an initializer may be left out: the file answers by the base rates it learned.
    graph.initializer.append(numpy_helper.from_array(rates, PRIORS))
    graph.node.extend(_nodes(mine))
    _set_interface(graph, f"{mine}base.", len(card.labels))
    del model.metadata_props[:]
    helper.set_model_props(model, card.to_metadata())
    return model


def _rename(graph: onnx.GraphProto, name: str, new: str) -> None:
    """Gives a tensor another name wherever it stands."""
    for node in graph.node:
        for names in (node.input, node.output):
            for place, old in enumerate(names):
                if old == name:
                    names[place] = new
    for value in (*graph.initializer, *graph.input, *graph.output, *graph.value_info):
        if value.name == name:
            value.name = new


def _nodes(mine: str) -> list[onnx.NodeProto]:
    def make(kind: str, inputs: str, output: str, **options: Any) -> onnx.NodeProto:
        names = [word if word in _OUTSIDE else mine + word for word in inputs.split()]
        made = output if output in _OUTSIDE else mine + output
        return helper.make_node(kind, names, [made], name=mine + output, **options)

    return [
        make("Max", f"base.{PROBABILITIES} floor", "likely"),
        make("Log", "likely", "logs"),
        make("MatMul", "logs known", "followed"),
        make("MatMul", f"{EMBEDDING} weights", "read"),
        make("Add", "followed read", "joined"),
        make("Add", "joined biases", "logits"),
        make("Softmax", "logits", "shares", axis=-1),
        make("Div", f"{PRIORS} rates", "shift"),
        make("Mul", "shares shift", "shifted"),
        make("ReduceSum", "shifted last", "sum", keepdims=1),
        make("Div", "shifted sum", PROBABILITIES),
    ]


_OUTSIDE = (EMBEDDING, PRIORS, PROBABILITIES)  # names of the file's contract


def _set_interface(graph: onnx.GraphProto, base: str, labels: int) -> None:
    """Takes the old answer and base rates out of the inputs and outputs, and adds the new ones."""
    inputs = [value for value in graph.input if not value.name.startswith(base)]
    outputs = [value for value in graph.output if not value.name.startswith(base)]
    answer = helper.make_tensor_value_info(PROBABILITIES, TensorProto.FLOAT, ["n", labels])
    priors = helper.make_tensor_value_info(PRIORS, TensorProto.FLOAT, [1, labels])
    del graph.input[:], graph.output[:]
    graph.input.extend([*inputs, priors])
    graph.output.extend([answer, *outputs])
