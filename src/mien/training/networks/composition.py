"""Parts of networks: a stem with stages, ensembles, and averages over views."""

from collections.abc import Callable, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from mien.training.networks.base import (
    ExpressionNetwork,
    Output,
    channels_first,
    channels_last,
    convolution,
)
from mien.training.settings import Stages, Views

MakeBlock = Callable[[int, int, int], nn.Module]
"""Makes a block of so many channels in, channels out, and stride."""


def build_stages(
    settings: Stages, channels_in: int, make_block: MakeBlock
) -> tuple[nn.Sequential, int]:
    """Returns the layers from an image to its features, and how many features there are.

    The first block of every stage but the first halves the side.

    Args:
        settings: widths and depths.
        channels_in: of the image.
        make_block: called for each block in turn.
    """
    layers: list[nn.Module] = [
        convolution(channels_in, settings.stem, stride=settings.stem_stride),
        nn.BatchNorm2d(settings.stem),
        nn.ReLU(),
    ]
    width = settings.stem
    for stage, (channels, count) in enumerate(zip(settings.channels, settings.blocks, strict=True)):
        for block in range(count):
            layers.append(make_block(width, channels, 2 if stage > 0 and block == 0 else 1))
            width = channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()), width


class Ensemble(nn.Module):
    """Answers the mean of its members' logits.

    The embedding is the members' side by side, so that the logits stay linear in it.

    Args:
        members: each answers an `Output`.
    """

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, faces: Tensor) -> Output:
        """Classifies faces (N, H, W) or (N, H, W, 3) of any type, values from 0 to 255."""
        logits, embeddings, sources = zip(*(member(faces) for member in self.members), strict=True)
        return Output(
            torch.stack(logits).mean(0), torch.cat(embeddings, 1), torch.stack(sources).mean(0)
        )


class SourceEnsemble(nn.Module):
    """Answers logits of labels as common as in each source: (N, S, L).

    Those of a source are the mean of the members that learned it; which source a face is like is
    the mean of those that learned all.

    Args:
        members: each answers an `Output`; one at least learned all sources.
        learned: for each, the index of the source that it learned; None if it learned all.
        rates: float32 (S, L), the base rates that the logits are to assume.
    """

    offsets: Tensor
    added: Tensor

    def __init__(
        self, members: Sequence[nn.Module], learned: Sequence[int | None], rates: Tensor
    ) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self._learned = tuple(learned)
        joined = cast(ExpressionNetwork, members[self._learned.index(None)])
        self.register_buffer("added", rates.log())
        self.register_buffer("offsets", rates.log() - joined.base_rates.log())

    def forward(self, faces: Tensor) -> Output:
        """Classifies faces (N, H, W) or (N, H, W, 3) of any type, values from 0 to 255."""
        outputs = [member(faces) for member in self.members]
        each = list(zip(outputs, self._learned, strict=True))
        rows = []
        for source in range(len(self.added)):
            parts = [out.logits + self.added[source] for out, only in each if only is None]
            # A network of one source knows the base rates that it learned.
            parts += [out.logits + self.offsets[source] for out, only in each if only == source]
            rows.append(torch.stack(parts).mean(0))
        source_logits = [output.sources for output, only in each if only is None]
        return Output(
            torch.stack(rows, 1),
            torch.cat([output.embedding for output in outputs], 1),
            torch.stack(source_logits).mean(0),
        )


class Averaged(nn.Module):
    """Answers the mean over views, of the logits and of the embedding alike.

    Both means are linear, so the last layer stays linear in the embedding, and a personal head
    can replace it. All views go through the network as one batch.

    Args:
        network: answers an `Output`.
        views: which views there are.
    """

    def __init__(self, network: nn.Module, views: Views) -> None:
        super().__init__()
        self.network = network
        self._views = views

    def forward(self, faces: Tensor) -> Output:
        """Classifies faces (N, H, W) or (N, H, W, 3) of any type, values from 0 to 255."""
        views = [faces]
        if self._views.shift:
            views += shifted(faces, self._views.shift)
        if self._views.flip:
            views += [view.flip(2) for view in views]
        output = self.network(torch.cat(views))
        return Output(*(part.unflatten(0, (len(views), -1)).mean(0) for part in output))


def count_views(views: Views) -> int:
    """Returns how many passes through the network a face costs."""
    return (5 if views.shift else 1) * (2 if views.flip else 1)


def shifted(faces: Tensor, pixels: int) -> list[Tensor]:
    """Returns faces (N, H, W) or (N, H, W, 3) moved up, down, left and right; edges repeat."""
    edge = pixels
    # Only floats can be padded with their edge, and a face may be stored as bytes.
    images = channels_first(faces.to(torch.float32))
    wide = channels_last(nn.functional.pad(images, (edge,) * 4, mode="replicate"))
    height, width = faces.shape[1:3]
    starts = ((0, edge), (2 * edge, edge), (edge, 0), (edge, 2 * edge))
    return [
        wide[:, top : top + height, left : left + width].to(faces.dtype) for top, left in starts
    ]
