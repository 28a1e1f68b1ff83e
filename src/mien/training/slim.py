"""A model file without what nobody needs: half of each weight, and the exporter's diary."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_WORTHWHILE = 256  # numbers; below, the cast that goes with it is larger than what it saves


def forget_sources(model: onnx.ModelProto) -> None:
    """Removes what torch's exporter notes at each node: code, classes, and this machine's paths.

    Args:
        model: changed in place; its own metadata stay.
    """
    graph = model.graph
    for part in (*graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer):
        del part.metadata_props[:]
        part.doc_string = ""
    del graph.metadata_props[:]


def store_halves(model: onnx.ModelProto) -> None:
    """Rewrites a model's float32 weights as float16, each cast back where it is used.

    A runtime casts them once, when it opens the file, and computes in float32 as before. A
    weight moves by at most one part in 2,048, which is less than training in bfloat16 leaves
    undecided.

    Args:
        model: changed in place.
    """
    casts = []
    for weights in model.graph.initializer:
        values = numpy_helper.to_array(weights)
        if weights.data_type != TensorProto.FLOAT or values.size < _WORTHWHILE:
            continue
        name, stored = weights.name, f"{weights.name}.half"
        halves = values.astype(np.float16)
        weights.CopyFrom(numpy_helper.from_array(halves, stored))
        casts.append(helper.make_node("Cast", [stored], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
