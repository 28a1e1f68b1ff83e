"""Augmentation: first the parameters are drawn, then they are applied.

Drawing apart from applying lets a test fix the draw, and lets the same draw be applied twice.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from mien.training.recipe import Augmentation


@dataclass(frozen=True)
class Draw:
    """How each of N faces is to be varied.

    Attributes:
        right: int64 (N,), pixels to shift right.
        down: int64 (N,), pixels to shift down.
        flip: bool (N,), whether to mirror, before the shift.
    """

    right: Tensor
    down: Tensor
    flip: Tensor


def draw(count: int, size: int, settings: Augmentation, generator: torch.Generator) -> Draw:
    """Draws parameters for a batch.

    Args:
        count: how many faces.
        size: the side of a face in pixels.
        settings: the ranges to draw from, uniformly.
        generator: where the random numbers come from.
    """

    def shifts(share: float) -> Tensor:
        most = round(share * size)
        return torch.randint(-most, most + 1, (count,), generator=generator)

    flips = torch.rand(count, generator=generator) < 0.5
    return Draw(
        right=shifts(settings.width_shift),
        down=shifts(settings.height_shift),
        flip=flips & settings.horizontal_flip,
    )


def apply(faces: Tensor, drawn: Draw) -> Tensor:
    """Varies a batch of faces; what a shift uncovers repeats the edge.

    Args:
        faces: (N, H, W) of any type.
        drawn: parameters for N faces.

    Returns:
        The varied faces, of the same shape and type.
    """
    count, height, width = faces.shape
    rows = (torch.arange(height) - drawn.down[:, None]).clamp(0, height - 1)
    columns = (torch.arange(width) - drawn.right[:, None]).clamp(0, width - 1)
    columns = torch.where(drawn.flip[:, None], width - 1 - columns, columns)
    return faces[torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]
