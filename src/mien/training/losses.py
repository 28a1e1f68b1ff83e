"""What training minimizes."""

from collections.abc import Iterable

import torch
from torch import Tensor


def l2_penalty(kernels: Iterable[tuple[Tensor, float]]) -> Tensor:
    """Returns the L2 regularizers' term of the loss: the sum of strength times sum of squares.

    Unlike weight decay, it acts only on the kernels it is given, and through the gradient.

    Args:
        kernels: each with its strength.
    """
    terms = [strength * kernel.square().sum() for kernel, strength in kernels]
    return torch.stack(terms).sum() if terms else torch.zeros(())
