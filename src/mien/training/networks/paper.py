"""The paper's network."""

from collections.abc import Iterator

from torch import Tensor, nn

from mien.data.dataset import DataFormat
from mien.training.networks.base import ExpressionNetwork, convolution
from mien.training.settings import Block, PaperNetwork


class PaperCNN(ExpressionNetwork):
    """The paper's network: convolution blocks, a dense layer, and a dense layer to the labels.

    Args:
        settings: widths, dropout rates and L2 strengths.
        data_format: of the faces and labels.
    """

    def __init__(self, settings: PaperNetwork, data_format: DataFormat) -> None:
        widths = [data_format.channels, *(block.channels[-1] for block in settings.blocks)]
        side = data_format.face.side >> len(settings.blocks)
        blocks = nn.Sequential(
            *(_block(width, block) for width, block in zip(widths, settings.blocks, strict=False))
        )
        dense = nn.Sequential(
            nn.Flatten(),
            nn.Linear(widths[-1] * side * side, settings.dense, bias=False),
            nn.BatchNorm1d(settings.dense),
            nn.ReLU(),
        )
        super().__init__(
            nn.Sequential(blocks, dense),
            settings.dense,
            len(data_format.names),
            settings.dense_dropout,
        )
        self._settings = settings

    def regularized_kernels(self) -> Iterator[tuple[Tensor, float]]:
        """Yields each convolution kernel that has an L2 regularizer, with its strength."""
        convolutions = (layer for layer in self.modules() if isinstance(layer, nn.Conv2d))
        for block in self._settings.blocks:
            for _ in block.channels:
                kernel = next(convolutions).weight
                if block.l2 > 0:
                    yield kernel, block.l2


def _block(channels_in: int, block: Block) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in block.channels:
        layers += [convolution(channels_in, channels), nn.BatchNorm2d(channels), nn.ReLU()]
        channels_in = channels
    return nn.Sequential(*layers, nn.MaxPool2d(2), nn.Dropout(block.dropout))
