"""Several networks that answer as one."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mien.training.networks import Output


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
        """Classifies faces (N, 48, 48) of any type, gray values from 0 to 255."""
        outputs = [member(faces) for member in self.members]
        logits = torch.stack([output.logits for output in outputs]).mean(0)
        return Output(logits, torch.cat([output.embedding for output in outputs], 1))
