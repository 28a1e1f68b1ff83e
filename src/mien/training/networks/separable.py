"""A depthwise-separable network of inverted residuals (Sandler et al. 2018, MobileNetV2)."""

from torch import Tensor, nn

from mien.data.dataset import DataFormat
from mien.training.networks.base import ExpressionNetwork, convolution
from mien.training.networks.composition import build_stages
from mien.training.settings import SeparableNetwork


class Separable(ExpressionNetwork):
    """A stem, stages of inverted residuals, and an average over places.

    Args:
        settings: widths, depths and the blocks' expansion.
        data_format: of the faces and labels.
    """

    def __init__(self, settings: SeparableNetwork, data_format: DataFormat) -> None:
        def block(channels_in: int, channels: int, stride: int) -> nn.Module:
            return InvertedResidual(channels_in, channels, stride, settings.expansion)

        layers, width = build_stages(settings, data_format.channels, block)
        super().__init__(layers, width, len(data_format.names), settings.dropout)


class InvertedResidual(nn.Module):
    """Widens by a 1x1 convolution, looks around by a 3x3 one a channel, narrows by another 1x1.

    Args:
        channels_in: of what comes in.
        channels: of what goes out.
        stride: 2 halves the side.
        expansion: how many times wider the middle is than what comes in.
    """

    def __init__(self, channels_in: int, channels: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = channels_in * expansion
        self.layers = nn.Sequential(
            convolution(channels_in, wide, size=1),
            nn.BatchNorm2d(wide),
            nn.ReLU(),
            convolution(wide, wide, stride=stride, groups=wide),
            nn.BatchNorm2d(wide),
            nn.ReLU(),
            # No ReLU after the last: it would lose what a narrow layer has no room to repeat.
            convolution(wide, channels, size=1),
            nn.BatchNorm2d(channels),
        )
        self._adds = stride == 1 and channels == channels_in

    def forward(self, image: Tensor) -> Tensor:
        """Takes (N, C, H, W) to (N, C', H / stride, W / stride)."""
        changed: Tensor = self.layers(image)
        return image + changed if self._adds else changed
