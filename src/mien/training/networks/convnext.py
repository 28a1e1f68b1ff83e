"""A compact ConvNeXt (Liu et al. 2022, "A ConvNet for the 2020s")."""

import torch
from torch import Tensor, nn

from mien.data.dataset import DataFormat
from mien.training.networks.base import ExpressionNetwork
from mien.training.networks.composition import build_stages
from mien.training.settings import ConvNeXtNetwork

_LAYER_SCALE = 1e-2


class ConvNeXt(ExpressionNetwork):
    """A stem, stages of ConvNeXt blocks, and an average over places.

    Args:
        settings: widths, depths, and the blocks' kernel.
        data_format: of the faces and labels.
    """

    def __init__(self, settings: ConvNeXtNetwork, data_format: DataFormat) -> None:
        def block(channels_in: int, channels: int, stride: int) -> nn.Module:
            core = ConvNeXtBlock(channels, settings.kernel)
            if channels == channels_in and stride == 1:
                return core
            return nn.Sequential(
                ChannelNorm(channels_in), nn.Conv2d(channels_in, channels, stride, stride), core
            )

        layers, width = build_stages(settings, data_format.channels, block)
        features = nn.Sequential(layers, nn.LayerNorm(width))
        super().__init__(features, width, len(data_format.names), settings.dropout)


class ConvNeXtBlock(nn.Module):
    """A wide depthwise convolution, then a dense layer's hidden layer at each place.

    Args:
        channels: of what comes in and goes out.
        kernel: side of the depthwise convolution.
    """

    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, channels, kernel, padding=kernel // 2, groups=channels),
            ChannelNorm(channels),
            nn.Conv2d(channels, 4 * channels, 1),
            nn.GELU(),
            nn.Conv2d(4 * channels, channels, 1),
        )
        self.scale = nn.Parameter(torch.full((channels, 1, 1), _LAYER_SCALE))

    def forward(self, image: Tensor) -> Tensor:
        """Returns an image of the same shape."""
        changed: Tensor = self.scale * self.layers(image)
        return image + changed


class ChannelNorm(nn.Module):
    """Layer normalization over the channels of each place.

    Args:
        channels: how many there are.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)

    def forward(self, image: Tensor) -> Tensor:
        """Returns an image of the same shape."""
        normed: Tensor = self.norm(image.permute(0, 2, 3, 1))
        return normed.permute(0, 3, 1, 2)
