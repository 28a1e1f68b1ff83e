"""A residual network (He et al. 2016), sized for small faces."""

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad

from mien.data.dataset import DataFormat
from mien.training.networks.base import ExpressionNetwork, convolution
from mien.training.networks.composition import build_stages
from mien.training.settings import ResidualNetwork


class Residual(ExpressionNetwork):
    """A stem, stages of residual blocks, and an average over places.

    Args:
        settings: widths, depths, and which of its options are on.
        data_format: of the faces and labels.
    """

    def __init__(self, settings: ResidualNetwork, data_format: DataFormat) -> None:
        def block(channels_in: int, channels: int, stride: int) -> nn.Module:
            return ResidualBlock(channels_in, channels, stride, settings)

        layers, width = build_stages(settings, data_format.channels, block)
        super().__init__(layers, width, len(data_format.names), settings.dropout)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut.

    Args:
        channels_in: of what comes in.
        channels: of what goes out.
        stride: 2 halves the side.
        settings: the network's.
    """

    def __init__(
        self, channels_in: int, channels: int, stride: int, settings: ResidualNetwork
    ) -> None:
        super().__init__()
        blurs = stride == 2 and settings.antialias
        self.blur = Blur() if blurs else nn.Identity()
        stride = 1 if blurs else stride
        last = nn.BatchNorm2d(channels)
        # Each block starts as its shortcut alone (Goyal et al. 2017), which steadies high rates.
        nn.init.zeros_(last.weight)
        self.residual = nn.Sequential(
            convolution(channels_in, channels, stride=stride),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            convolution(channels, channels),
            last,
        )
        if settings.squeeze_excitation:
            self.residual.append(SqueezeExcitation(channels, settings.squeeze_excitation))
        self.shortcut: nn.Module = nn.Identity()
        if channels != channels_in or stride == 2 or blurs:
            # An average, where a 1x1 convolution of stride 2 would drop three places in four.
            halve = nn.AvgPool2d(2, ceil_mode=True) if stride == 2 else nn.Identity()
            self.shortcut = nn.Sequential(
                halve, convolution(channels_in, channels, size=1), nn.BatchNorm2d(channels)
            )

    def forward(self, image: Tensor) -> Tensor:
        """Takes (N, C, H, W) to (N, C', H / stride, W / stride)."""
        image = self.blur(image)
        return torch.relu(self.residual(image) + self.shortcut(image))


class SqueezeExcitation(nn.Module):
    """Scales each channel by a gate that sees all channels' means (Hu et al. 2018).

    Args:
        channels: how many there are.
        reduction: by how much the gate's hidden layer is narrower.
    """

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        hidden = max(1, channels // reduction)
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, hidden, 1),
            nn.ReLU(),
            nn.Conv2d(hidden, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, image: Tensor) -> Tensor:
        """Returns the image, its channels scaled."""
        scaled: Tensor = image * self.gate(image)
        return scaled


class Blur(nn.Module):
    """Halves the side after a 3x3 binomial blur, so that a shift changes little (Zhang 2019)."""

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        line = torch.tensor([1.0, 2.0, 1.0]) / 4
        self.register_buffer("kernel", line[:, None] * line, persistent=False)

    def forward(self, image: Tensor) -> Tensor:
        """Takes (N, C, H, W) to (N, C, H / 2, W / 2), rounded up."""
        channels = image.shape[1]
        kernel = self.kernel.to(image.dtype).expand(channels, 1, 3, 3)
        edged = pad(image, (1, 1, 1, 1), mode="replicate")
        return conv2d(edged, kernel, stride=2, groups=channels)
