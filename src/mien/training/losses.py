"""The losses of training."""

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, log_softmax


def l2_penalty(kernels: Iterable[tuple[Tensor, float]]) -> Tensor:
    """Returns the L2 regularizers' term of the loss: the sum of strength times sum of squares.

    Unlike weight decay, it acts only on the kernels it is given, and through the gradient.

    Args:
        kernels: each with its strength.
    """
    terms = [strength * kernel.square().sum() for kernel, strength in kernels]
    return torch.stack(terms).sum() if terms else torch.zeros(())


def label_loss(logits: Tensor, targets: Tensor, weights: Tensor | None, smoothing: float) -> Tensor:
    """Returns the mean cross-entropy against the labels.

    Args:
        logits: (N, L).
        targets: int64 (N,) labels, or float32 (N, L) shares of each label.
        weights: float32 (N,), how much each face counts; None where all count alike.
        smoothing: share of each target that is spread over all labels.
    """
    if weights is None:
        return cross_entropy(logits, targets, label_smoothing=smoothing)
    terms = cross_entropy(logits, targets, label_smoothing=smoothing, reduction="none")
    return (weights * terms).sum() / weights.sum().clamp(min=1e-6)


def distillation_loss(logits: Tensor, taught: Tensor, temperature: float) -> Tensor:
    """Returns the cross-entropy against the teachers' opinion, as large as that against labels.

    Softening shrinks gradients by the temperature squared, which is made up for (Hinton et al.
    2015, "Distilling the Knowledge in a Neural Network").

    Args:
        logits: (N, L).
        taught: (N, L) probabilities, softened by the same temperature.
        temperature: of both.
    """
    return cross_entropy(logits / temperature, taught) * temperature**2


def votes_loss(logits: Tensor, votes: Tensor) -> Tensor:
    """Returns the cross-entropy of a second head against how the taggers' votes fell.

    Barsoum et al. 2016, "Training Deep Networks for Facial Expression Recognition with
    Crowd-Sourced Label Distribution".

    Args:
        logits: (N, 10).
        votes: (N, 10), counts or their mixtures; a face without votes does not count.
    """
    total = votes.sum(dim=1)
    share = votes / total.clamp(min=1e-6)[:, None]
    terms = -(share * log_softmax(logits, dim=1)).sum(dim=1)
    voted = total > 0
    return (terms * voted).sum() / voted.sum().clamp(min=1)
