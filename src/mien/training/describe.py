"""What a recipe's network will cost, counted on shapes alone before anything is trained."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor, nn

from mien.training.networks import ExpressionNetwork, build_network
from mien.training.networks.composition import count_views
from mien.training.networks.residual import Blur
from mien.training.settings import Settings

_BYTES = 2  # of a weight: halves


@dataclass(frozen=True)
class Stage:
    """Layers whose answers have the same side.

    Attributes:
        layers: how many of which kind.
        shape: of the last layer's answer to one face: (C, H, W), or (D,) after all places are
            summed up.
        parameters: how many are learned, those of normalization included.
        multiply_adds: of convolutions and linear layers, for one view of a face.
    """

    layers: str
    shape: tuple[int, ...]
    parameters: int
    multiply_adds: int


@dataclass(frozen=True)
class Description:
    """A recipe's network: what is exported, without what only training needs.

    Attributes:
        stages: in the order a face passes through them.
        width: of the embedding, D.
        views: how many views of a face the model file averages over.
    """

    stages: tuple[Stage, ...]
    width: int
    views: int

    @property
    def parameters(self) -> int:
        """How many parameters are learned and exported."""
        return sum(stage.parameters for stage in self.stages)

    @property
    def multiply_adds(self) -> int:
        """What one view of a face costs."""
        return sum(stage.multiply_adds for stage in self.stages)

    def to_text(self) -> str:
        """Returns a table of the stages, their sums, and a line on the model file."""
        rows = (*self.stages, Stage("in all", (), self.parameters, self.multiply_adds))
        width = max(len(row.layers) for row in rows)
        lines = [f"{'layers':{width}}  {'output':>10}  {'parameters':>12}  {'multiply-adds':>15}"]
        lines += [
            f"{row.layers:{width}}  {'x'.join(map(str, row.shape)):>10}  "
            f"{row.parameters:12,}  {row.multiply_adds:15,}"
            for row in rows
        ]
        views = "one view" if self.views == 1 else f"{self.views} views"
        size = (self.parameters + self.width**2) * _BYTES  # the embedding is whitened
        lines.append(
            f"The model file: about {size / 1e6:.1f} MB; {views} of a face, "
            f"{self.views * self.multiply_adds / 1e6:.1f} million multiply-adds in all."
        )
        return "\n".join(lines)


def describe(settings: Settings) -> Description:
    """Counts the parameters and multiply-adds of a recipe's network.

    A multiply-add is a weight times a number, added to a sum: two operations, where operations
    are counted. Only convolutions and linear layers count; biases, normalization, activations
    and pooling cost little beside them.

    Args:
        settings: the recipe's.
    """
    with torch.device("meta"):  # shapes without numbers: nothing is drawn or computed
        network = build_network(settings).eval()
        layers = [_Layer(module) for module in _layers(network)]
        network(torch.zeros(1, *settings.data.format.face.shape))
    learned = (layer for layer in layers if layer.parameters)
    sides = groupby(learned, key=lambda layer: layer.shape[1:])
    stages = tuple(_stage(list(members)) for _, members in sides)
    return Description(stages, network.classify.in_features, count_views(settings.views))


class _Layer:
    """A layer or block that notes what it costs when a face passes through."""

    def __init__(self, module: nn.Module) -> None:
        self.kind = type(module).__name__
        self.parameters = sum(weights.numel() for weights in module.parameters())
        self.shape: tuple[int, ...] = ()
        self.multiply_adds = 0
        module.register_forward_hook(self._note_shape)
        for part in module.modules():
            if isinstance(part, nn.Conv2d | nn.Linear | Blur):
                part.register_forward_hook(self._note_cost)

    def _note_shape(self, _: nn.Module, __: object, answer: Tensor) -> None:
        self.shape = tuple(answer.shape[1:])

    def _note_cost(self, part: nn.Conv2d | nn.Linear | Blur, _: object, answer: Tensor) -> None:
        # Each number of the answer sums the products of one channel's weights.
        weights = part.kernel if isinstance(part, Blur) else part.weight[0]
        self.multiply_adds += answer.numel() * weights.numel()


def _layers(module: nn.Module) -> Iterator[nn.Module]:
    """Yields a network's layers and blocks in order, out of what only strings them together."""
    if isinstance(module, nn.Sequential | ExpressionNetwork):
        for child in module.children():
            yield from _layers(child)
    else:
        yield module


def _stage(layers: list[_Layer]) -> Stage:
    kinds = Counter(layer.kind for layer in layers if layer.multiply_adds)
    return Stage(
        ", ".join(kind if count == 1 else f"{count} {kind}" for kind, count in kinds.items()),
        layers[-1].shape,
        sum(layer.parameters for layer in layers),
        sum(layer.multiply_adds for layer in layers),
    )
