"""The base of all networks: they take stored faces and return logits and an embedding."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn


class Output(NamedTuple):
    """The output for N faces.

    Attributes:
        logits: (N, L), a column per label; without base rates where the network learned several
            sources. Of a `SourceEnsemble` (N, S, L), with those of each source.
        embedding: (N, D).
        sources: (N, S), logits of which source a face is like; no columns where there is one.
    """

    logits: Tensor
    embedding: Tensor
    sources: Tensor


class ExpressionNetwork(nn.Module):
    """A network that ends in one linear layer over its features.

    Args:
        features: (N, C, H, W) image about 0 to the embedding (N, width).
        width: D, the number of features.
        labels: L, the number of labels.
        dropout: share of the features dropped before the last layer.
    """

    base_rates: Tensor
    """float32 (S, L), of the labels in each source, once `tell_sources` was called."""

    def __init__(self, features: nn.Module, width: int, labels: int, dropout: float) -> None:
        super().__init__()
        self.features = features
        self.width = width
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(width, labels)
        self.tell: nn.Linear | None = None

    def tell_sources(self, count: int) -> None:
        """Adds the layer that tells which of `count` sources a face is like."""
        labels = self.classify.out_features
        self.tell = nn.Linear(self.width, count)
        self.register_buffer("base_rates", torch.full((count, labels), 1 / labels))

    def forward(self, faces: Tensor) -> Output:
        """Classifies faces.

        Args:
            faces: (N, H, W) or (N, H, W, 3) values from 0 to 255, of any type.
        """
        embedding = self.features(scale(faces))
        kept = self.dropout(embedding)
        # What tells the sources apart must not shape the features, which are for expressions.
        sources = embedding[:, :0] if self.tell is None else self.tell(kept.detach())
        return Output(self.classify(kept), embedding, sources)

    def regularized_kernels(self) -> Iterator[tuple[Tensor, float]]:
        """Yields each convolution kernel that has an L2 regularizer, with its strength."""
        return iter(())


def scale(faces: Tensor) -> Tensor:
    """Turns values (N, H, W) or (N, H, W, 3) from 0 to 255 into a (N, C, H, W) image about 0."""
    return channels_first(faces.to(torch.float32) / 127.5 - 1)


def channels_first(faces: Tensor) -> Tensor:
    """Turns faces (N, H, W) into (N, 1, H, W), and (N, H, W, 3) into (N, 3, H, W)."""
    return faces.unsqueeze(1) if faces.dim() == 3 else faces.permute(0, 3, 1, 2)


def channels_last(images: Tensor) -> Tensor:
    """Undoes `channels_first`."""
    return images.squeeze(1) if images.shape[1] == 1 else images.permute(0, 2, 3, 1)


def convolution(
    channels_in: int, channels: int, size: int = 3, stride: int = 1, groups: int = 1
) -> nn.Conv2d:
    """Returns a convolution that keeps the side, or halves it; a normalization is to follow."""
    # Batch normalization has a shift of its own, so the convolution needs no bias.
    return nn.Conv2d(
        channels_in, channels, size, stride, padding=size // 2, groups=groups, bias=False
    )
