"""Faces as tensors, and the augmented batches that an epoch learns from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mien.data import FaceDataset
from mien.training.augment import Draw, apply, draw
from mien.training.mixing import Batch, mix
from mien.training.settings import Augmentation


@dataclass(frozen=True)
class Faces:
    """N faces as tensors.

    Attributes:
        images: uint8 (N, 48, 48).
        labels: int64 (N,).
        votes: float32 (N, 10), FER+ votes; None where there are none.
        weights: float32 (N,), how much each label counts; None where all count alike.
    """

    images: Tensor
    labels: Tensor
    votes: Tensor | None = None
    weights: Tensor | None = None

    @classmethod
    def of(
        cls,
        dataset: FaceDataset,
        device: torch.device | None = None,
        weights: NDArray[np.float32] | None = None,
    ) -> "Faces":
        """Copies a data set's faces to a device, less those whose weight is 0."""
        kept = slice(None) if weights is None else weights > 0

        def copied(values: NDArray[Any], dtype: torch.dtype | None = None) -> Tensor:
            return torch.tensor(values[kept], dtype=dtype, device=device)

        return cls(
            copied(dataset.images),
            copied(dataset.labels),
            None if dataset.votes is None else copied(dataset.votes, torch.float32),
            None if weights is None else copied(weights),
        )

    def __len__(self) -> int:
        return len(self.labels)


def shuffled_batches(
    faces: Faces, size: int, settings: Augmentation, generator: torch.Generator
) -> Iterator[Batch]:
    """Yields augmented batches in a new order, on the device of the faces.

    Batch normalization cannot take a single face, so a last batch of one is left out.

    Args:
        faces: to learn from.
        size: of a batch.
        settings: how to vary them.
        generator: where order and variation come from, on the CPU.
    """
    device = faces.labels.device
    order = torch.randperm(len(faces), generator=generator)
    for chosen in order.split(size)[: count_batches(faces, size)]:
        drawn = draw(len(chosen), faces.images.shape[-1], settings, generator)
        here = chosen.to(device)
        images = apply(faces.images[here], _to(drawn, device), settings.crop)
        votes, weights = (
            None if part is None else part[here] for part in (faces.votes, faces.weights)
        )
        yield mix(Batch(images, faces.labels[here], votes, weights), settings, generator)


def count_batches(faces: Faces, size: int) -> int:
    """Returns how many batches of two faces or more an epoch has."""
    return (len(faces) + size - 2) // size


def _to(drawn: Draw, device: torch.device) -> Draw:
    tensors = {name: one.to(device) for name, one in vars(drawn).items() if one is not None}
    return Draw(**tensors)
