"""The networks that recipes name."""

from mien.training.networks.base import ExpressionNetwork, Output
from mien.training.networks.convnext import ConvNeXt
from mien.training.networks.paper import PaperCNN
from mien.training.networks.residual import Residual
from mien.training.networks.separable import Separable
from mien.training.settings import (
    ConvNeXtNetwork,
    Network,
    PaperNetwork,
    ResidualNetwork,
    SeparableNetwork,
)

__all__ = ["ExpressionNetwork", "Output", "build_network"]


def build_network(settings: Network) -> ExpressionNetwork:
    """Makes the network that a recipe describes, its weights drawn from torch's generator."""
    match settings:
        case PaperNetwork():
            return PaperCNN(settings)
        case ResidualNetwork():
            return Residual(settings)
        case SeparableNetwork():
            return Separable(settings)
        case ConvNeXtNetwork():
            return ConvNeXt(settings)
