"""The networks that recipes name. Each takes faces as they are stored and answers two things."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

from mien.emotions import EMOTIONS
from mien.inference.contract import FACE_SIZE
from mien.training.recipe import Block, Network


class Output(NamedTuple):
    """What a network answers for N faces: logits (N, 7) and their features, embedding (N, D)."""

    logits: Tensor
    embedding: Tensor


class PaperCNN(nn.Module):
    """The paper's network: convolution blocks, a dense layer, and a dense layer to the emotions.

    Args:
        settings: widths, dropout rates and L2 strengths.
    """

    def __init__(self, settings: Network) -> None:
        super().__init__()
        self._settings = settings
        widths = [1, *(block.channels[-1] for block in settings.blocks)]
        self.blocks = nn.Sequential(
            *(_block(width, block) for width, block in zip(widths, settings.blocks, strict=False))
        )
        side = FACE_SIZE >> len(settings.blocks)
        self.dense = nn.Sequential(
            nn.Flatten(),
            nn.Linear(widths[-1] * side * side, settings.dense, bias=False),
            nn.BatchNorm1d(settings.dense),
            nn.ReLU(),
        )
        self.dropout = nn.Dropout(settings.dense_dropout)
        self.classify = nn.Linear(settings.dense, len(EMOTIONS))

    def forward(self, faces: Tensor) -> Output:
        """Classifies faces.

        Args:
            faces: (N, 48, 48) gray values from 0 to 255, of any type.
        """
        embedding = self.dense(self.blocks(scale(faces)))
        return Output(self.classify(self.dropout(embedding)), embedding)

    def regularized_kernels(self) -> Iterator[tuple[Tensor, float]]:
        """Yields each convolution kernel that has an L2 regularizer, with its strength."""
        for module, block in zip(self.blocks, self._settings.blocks, strict=True):
            for layer in module.modules():
                if isinstance(layer, nn.Conv2d) and block.l2 > 0:
                    yield layer.weight, block.l2


def _block(channels_in: int, block: Block) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in block.channels:
        # Batch normalization has a shift of its own, so the convolution needs no bias.
        layers += [
            nn.Conv2d(channels_in, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
        ]
        channels_in = channels
    return nn.Sequential(*layers, nn.MaxPool2d(2), nn.Dropout(block.dropout))


def scale(faces: Tensor) -> Tensor:
    """Turns gray values (N, 48, 48) from 0 to 255 into a (N, 1, 48, 48) float image about 0."""
    return (faces.to(torch.float32) / 127.5 - 1).unsqueeze(1)
