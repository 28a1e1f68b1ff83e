"""Averages a network over views of each face: itself, mirrored, shifted."""

import torch
from torch import Tensor, nn

from mien.training.networks import Output
from mien.training.settings import Views


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
        """Classifies faces (N, H, W) of any type, gray values from 0 to 255."""
        seen = [faces]
        if self._views.shift:
            seen += shifted(faces, self._views.shift)
        if self._views.flip:
            seen += [view.flip(-1) for view in seen]
        logits, embedding = self.network(torch.cat(seen))
        return Output(*(part.unflatten(0, (len(seen), -1)).mean(0) for part in (logits, embedding)))


def count_views(views: Views) -> int:
    """Returns how many passes through the network a face costs."""
    return (5 if views.shift else 1) * (2 if views.flip else 1)


def shifted(faces: Tensor, pixels: int) -> list[Tensor]:
    """Returns faces (N, H, W) moved up, down, left and right; the edge goes on."""
    edge = pixels
    # Only floats can be padded with their edge, and a face may be stored as bytes.
    wide = nn.functional.pad(faces.to(torch.float32), (edge,) * 4, mode="replicate")
    height, width = faces.shape[-2:]
    starts = ((0, edge), (2 * edge, edge), (edge, 0), (edge, 2 * edge))
    return [
        wide[:, top : top + height, left : left + width].to(faces.dtype) for top, left in starts
    ]
