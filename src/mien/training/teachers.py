"""Distillation: what trained networks answer, for another to learn from."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from mien.errors import TrainingError
from mien.inference.model_card import FACE_SIZE
from mien.training.checkpoint import load_checkpoint, restore_network
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
        """Returns the mean of the softened probabilities (N, 7).

        Args:
            images: (N, H, W), as the student gets them.
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
    network, settings = restore_network(load_checkpoint(checkpoint), str(checkpoint))
    if settings.data.alignment != student.data.alignment:
        raise TrainingError(
            f"learned from other faces; set data.alignment to '{settings.data.alignment}'",
            subject=run,
        )
    if isinstance(settings.network, PaperNetwork) and student.augmentation.crop != FACE_SIZE:
        raise TrainingError(
            f"a paper_cnn cannot teach from crops; set augmentation.crop to {FACE_SIZE}",
            subject=run,
        )
    return network
