"""How a recipe's weights are learned: optimizer, learning rate, running mean, sharpness."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from mien.training.settings import Optimization

_MOMENTUM = 0.9
_Tensors = tuple[Tensor, ...] | list[Tensor]


def make_optimizer(modules: nn.Module, settings: Optimization) -> torch.optim.Optimizer:
    """Returns the recipe's optimizer over all parameters of the modules.

    Weight decay acts on kernels and matrices only: normalization and biases have no scale that
    it should shrink.
    """
    parameters = list(modules.parameters())
    groups: list[dict[str, Any]] = [
        {"params": [weights for weights in parameters if weights.dim() > 1]},
        {"params": [weights for weights in parameters if weights.dim() <= 1], "weight_decay": 0.0},
    ]
    rate, decay = settings.learning_rate, settings.weight_decay
    match settings.optimizer:
        case "sgd":
            return torch.optim.SGD(groups, rate, _MOMENTUM, weight_decay=decay, nesterov=True)
        case "adamw":
            return torch.optim.AdamW(groups, rate, weight_decay=decay)
        case _:
            return torch.optim.Adam(groups, rate, weight_decay=decay)


def learning_rate(settings: Optimization, progress: float) -> float:
    """Returns the rate after so many epochs, fractions included."""
    warmup = settings.warmup_epochs
    if progress < warmup:
        return settings.learning_rate * progress / warmup
    if settings.schedule == "constant":
        return settings.learning_rate
    turn = math.pi * (progress - warmup) / (settings.epochs - warmup)
    return settings.learning_rate * (1 + math.cos(turn)) / 2


def running_mean(network: nn.Module, decay: float) -> AveragedModel:
    """Returns an exponential moving average of a network's weights, to be updated each step.

    It forgets faster at first, so that it never holds on to the first, random weights.

    Args:
        network: whose weights and batch statistics are averaged.
        decay: what is kept of the mean at each step, in the long run.
    """

    def average(means: _Tensors, currents: _Tensors, count: Tensor | int) -> None:
        kept = min(decay, (1 + int(count)) / (10 + int(count)))
        if means[0].is_floating_point():
            torch._foreach_lerp_(means, currents, 1 - kept)
        else:
            torch._foreach_copy_(means, currents)

    return AveragedModel(network, multi_avg_fn=average, use_buffers=True)


@contextmanager
def sharpest_nearby(network: nn.Module, radius: float) -> Iterator[None]:
    """Moves the weights to where the loss is about worst within a radius, and back at the end.

    The ascent step of sharpness-aware minimization (Foret et al. 2021). Gradients must be there;
    they are cleared, for those of the worst place to be taken inside. Batch statistics do not
    learn from that second look.

    Args:
        network: whose weights are moved.
        radius: how far, as the norm over all weights.
    """
    moved: list[Tensor] = [weights for weights in network.parameters() if weights.grad is not None]
    gradients = [weights.grad for weights in moved if weights.grad is not None]
    norm = torch.stack([gradient.norm() for gradient in gradients]).norm()
    steps = [radius / (norm + 1e-12) * gradient for gradient in gradients]
    before = [weights.detach().clone() for weights in moved]
    with torch.no_grad():
        torch._foreach_add_(moved, steps)
    network.zero_grad()
    with _still_statistics(network):
        yield
    with torch.no_grad():
        torch._foreach_copy_(moved, before)


@contextmanager
def _still_statistics(network: nn.Module) -> Iterator[None]:
    batch_norm = nn.modules.batchnorm._BatchNorm
    norms = [module for module in network.modules() if isinstance(module, batch_norm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    yield
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
