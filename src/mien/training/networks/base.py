"""What every network has in common: it takes faces as they are stored and answers two things."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

from mien.emotions import EMOTIONS


class Output(NamedTuple):
    """What a network answers for N faces: logits (N, 7) and their features, embedding (N, D)."""

    logits: Tensor
    embedding: Tensor


class ExpressionNetwork(nn.Module):
    """A network that ends in one linear layer over its features.

    Args:
        features: (N, 1, H, W) image about 0 to the embedding (N, width).
        width: D, how many features there are.
        dropout: share of the features dropped before the last layer.
    """

    def __init__(self, features: nn.Module, width: int, dropout: float) -> None:
        super().__init__()
        self.features = features
        self.width = width
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(width, len(EMOTIONS))

    def forward(self, faces: Tensor) -> Output:
        """Classifies faces.

        Args:
            faces: (N, H, W) gray values from 0 to 255, of any type.
        """
        embedding = self.features(scale(faces))
        return Output(self.classify(self.dropout(embedding)), embedding)

    def regularized_kernels(self) -> Iterator[tuple[Tensor, float]]:
        """Yields each convolution kernel that has an L2 regularizer, with its strength."""
        return iter(())


def scale(faces: Tensor) -> Tensor:
    """Turns gray values (N, H, W) from 0 to 255 into a (N, 1, H, W) float image about 0."""
    return (faces.to(torch.float32) / 127.5 - 1).unsqueeze(1)


def convolution(
    channels_in: int, channels: int, size: int = 3, stride: int = 1, groups: int = 1
) -> nn.Conv2d:
    """Returns a convolution that keeps the side, or halves it; a normalization is to follow."""
    # Batch normalization has a shift of its own, so the convolution needs no bias.
    return nn.Conv2d(
        channels_in, channels, size, stride, padding=size // 2, groups=groups, bias=False
    )
