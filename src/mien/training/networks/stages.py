"""What staged networks share: a stem, stages that halve the side, an average over places."""

from collections.abc import Callable

from torch import nn

from mien.training.networks.base import convolution
from mien.training.settings import Stages

MakeBlock = Callable[[int, int, int], nn.Module]
"""Makes a block of so many channels in, channels out, and stride."""


def build_stages(settings: Stages, make_block: MakeBlock) -> tuple[nn.Sequential, int]:
    """Returns the layers from an image to its features, and how many features there are.

    The first block of every stage but the first halves the side.

    Args:
        settings: widths and depths.
        make_block: called for each block in turn.
    """
    layers: list[nn.Module] = [
        convolution(1, settings.stem, stride=settings.stem_stride),
        nn.BatchNorm2d(settings.stem),
        nn.ReLU(),
    ]
    width = settings.stem
    for stage, (channels, count) in enumerate(zip(settings.channels, settings.blocks, strict=True)):
        for block in range(count):
            layers.append(make_block(width, channels, 2 if stage > 0 and block == 0 else 1))
            width = channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()), width
