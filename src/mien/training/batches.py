"""Faces as tensors, and the augmented batches of an epoch."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import one_hot

from mien.data import FaceDataset
from mien.training.augment import Draw, apply, draw
from mien.training.settings import Augmentation


@dataclass(frozen=True)
class Batch:
    """N faces to learn from.

    Attributes:
        images: (N, H, W) or (N, H, W, 3), values from 0 to 255, of any type.
        targets: int64 (N,) labels, or float32 (N, L) shares of each label.
        votes: float32 (N, 10), FER+ votes; None if there are none.
        weights: float32 (N,), how much each label counts; None where all count alike.
        sources: int64 (N,), which source each face is of; None where there is one.
    """

    images: Tensor
    targets: Tensor
    votes: Tensor | None = None
    weights: Tensor | None = None
    sources: Tensor | None = None

    @property
    def labels(self) -> Tensor:
        """The label of each face, or that of its larger part: int64 (N,)."""
        return self.targets if self.targets.dim() == 1 else self.targets.argmax(1)


def mix(batch: Batch, settings: Augmentation, labels: int, generator: torch.Generator) -> Batch:
    """Mixes each face with another of the batch, all by one draw.

    mixup (Zhang et al. 2018) blends both; CutMix (Yun et al. 2019) takes a rectangle from the
    other. Where a recipe has both, each batch draws which of them it gets.

    Args:
        batch: with labels as targets.
        settings: the Beta distributions' parameters; if both are 0, the batch is returned as it is.
        labels: L, how many there are.
        generator: where the random numbers come from, on the CPU.
    """
    if not (settings.mixup or settings.cutmix):
        return batch
    seed = int(torch.randint(2**31, (), generator=generator))
    rng = np.random.default_rng(seed)
    cuts = rng.random() < 0.5 if settings.mixup and settings.cutmix else settings.cutmix > 0
    alpha = settings.cutmix if cuts else settings.mixup
    share = float(rng.beta(alpha, alpha))
    other = torch.randperm(len(batch.images), generator=generator).to(batch.images.device)
    images = batch.images.to(torch.float32)
    if cuts:
        images, share = _cut(images, images[other], share, rng)
    else:
        images = share * images + (1 - share) * images[other]

    def blend(part: Tensor) -> Tensor:
        return share * part + (1 - share) * part[other]

    return Batch(
        images,
        blend(one_hot(batch.targets, labels).to(torch.float32)),
        None if batch.votes is None else blend(_shares(batch.votes)),
        None if batch.weights is None else blend(batch.weights),
    )


def _cut(
    images: Tensor, others: Tensor, share: float, rng: np.random.Generator
) -> tuple[Tensor, float]:
    """Pastes a rectangle of about 1 - share of the area; returns the share that was kept."""
    size = images.shape[1]
    half = size * (1 - share) ** 0.5 / 2
    middles = rng.uniform(0, size, 2)
    top, left = np.clip(np.round(middles - half), 0, size).astype(int)
    bottom, right = np.clip(np.round(middles + half), 0, size).astype(int)
    images = images.clone()
    images[:, top:bottom, left:right] = others[:, top:bottom, left:right]
    return images, 1 - float((bottom - top) * (right - left)) / size**2


def _shares(votes: Tensor) -> Tensor:
    """Gives every face that has votes the same weight."""
    return votes / votes.sum(dim=1, keepdim=True).clamp(min=1e-6)


@dataclass(frozen=True)
class Faces:
    """N faces as tensors.

    Attributes:
        images: uint8 (N, S, S) or (N, S, S, 3).
        labels: int64 (N,).
        count: L, how many labels there are.
        votes: float32 (N, 10), FER+ votes; None if there are none.
        weights: float32 (N,), how much each label counts; None if all count alike.
        sources: int64 (N,), which source each face is of; None if there is one.
        targets: float32 (N, L), what to learn in place of the labels; None for the labels.
    """

    images: Tensor
    labels: Tensor
    count: int
    votes: Tensor | None = None
    weights: Tensor | None = None
    sources: Tensor | None = None
    targets: Tensor | None = None

    @classmethod
    def of(
        cls,
        dataset: FaceDataset,
        device: torch.device | None = None,
        weights: NDArray[np.float32] | None = None,
        targets: Tensor | None = None,
    ) -> "Faces":
        """Copies a data set's faces to a device, less those whose weight is 0."""
        kept = slice(None) if weights is None else weights > 0

        def copied(values: NDArray[Any], dtype: torch.dtype | None = None) -> Tensor:
            return torch.tensor(values[kept], dtype=dtype, device=device)

        return cls(
            copied(dataset.images),
            copied(dataset.labels),
            len(dataset.names),
            None if dataset.votes is None else copied(dataset.votes, torch.float32),
            None if weights is None else copied(weights),
            None if dataset.sources is None else copied(dataset.sources),
            None if targets is None else copied(targets.numpy()),
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
        drawn = draw(len(chosen), faces.images.shape[1], settings, generator)
        here = chosen.to(device)
        images = apply(faces.images[here], _to(drawn, device), settings.crop)
        learned = faces.labels if faces.targets is None else faces.targets
        votes, weights, sources = (
            None if part is None else part[here]
            for part in (faces.votes, faces.weights, faces.sources)
        )
        batch = Batch(images, learned[here], votes, weights, sources)
        yield mix(batch, settings, faces.count, generator)


def count_batches(faces: Faces, size: int) -> int:
    """Returns how many batches of two faces or more an epoch has."""
    return (len(faces) + size - 2) // size


def _to(drawn: Draw, device: torch.device) -> Draw:
    tensors = {name: part.to(device) for name, part in vars(drawn).items() if part is not None}
    return Draw(**tensors)
