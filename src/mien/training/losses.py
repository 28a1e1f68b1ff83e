"""What training minimizes."""

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn.functional import log_softmax


def l2_penalty(kernels: Iterable[tuple[Tensor, float]]) -> Tensor:
    """Returns the L2 regularizers' term of the loss: the sum of strength times sum of squares.

    Unlike weight decay, it acts only on the kernels it is given, and through the gradient.

    Args:
        kernels: each with its strength.
    """
    terms = [strength * kernel.square().sum() for kernel, strength in kernels]
    return torch.stack(terms).sum() if terms else torch.zeros(())


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
