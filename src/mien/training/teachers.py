"""Distillation: the predictions of trained networks, for a student to learn from."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from mien.errors import TrainingError
from mien.training.checkpoint import load_checkpoint, load_network
from mien.training.networks import ExpressionNetwork
from mien.training.recipe import RunFolder
from mien.training.settings import PaperNetwork, Settings


class Teachers(nn.Module):
    """The mean opinion of trained networks on the very faces that the student sees.

    Each augmented face is shown to them anew (Beyer et al. 2022, "Knowledge distillation: A good
    teacher is patient and consistent").

    Args:
        networks: trained; none learns any further.
    """

    def __init__(self, networks: Sequence[ExpressionNetwork]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks).eval().requires_grad_(False)

    @torch.no_grad()
    def forward(self, images: Tensor, temperature: float) -> Tensor:
        """Returns the mean of the softened probabilities (N, L).

        Args:
            images: (N, H, W) or (N, H, W, 3), as the student gets them.
            temperature: what logits are divided by.
        """
        opinions = [
            torch.softmax(network(images).logits.float() / temperature, dim=1)
            for network in self.networks
        ]
        return torch.stack(opinions).mean(0)


def load_teachers(settings: Settings) -> Teachers | None:
    """Opens the runs that a recipe names as teachers; None where it names none.

    Raises:
        TrainingError: one of them is no run, or its faces are not the student's.
    """
    if not settings.distillation.teachers:
        return None
    return Teachers([_teacher(Path(run), settings) for run in settings.distillation.teachers])


def _teacher(run: Path, student: Settings) -> ExpressionNetwork:
    checkpoint = RunFolder(run).checkpoint
    network, settings = load_network(load_checkpoint(checkpoint), str(checkpoint))
    if settings.data.alignment != student.data.alignment:
        raise TrainingError(
            "learned from other faces",
            subject=run,
            remedy=f"set data.alignment to '{settings.data.alignment}'",
        )
    if settings.data.format != student.data.format:
        raise TrainingError(
            "learned other labels, or faces of another format",
            subject=run,
            remedy=f"set data.labels, data.side ({settings.data.side}) and data.color "
            f"('{settings.data.color}') to the teacher's",
        )
    side = settings.data.side
    if isinstance(settings.network, PaperNetwork) and student.augmentation.crop not in (None, side):
        raise TrainingError(
            "a paper_cnn cannot teach from crops",
            subject=run,
            remedy=f"set augmentation.crop to {side}",
        )
    return network
