"""The networks that recipes name."""

from mien.training.networks.base import ExpressionNetwork, Output
from mien.training.networks.convnext import ConvNeXt
from mien.training.networks.paper import PaperCNN
from mien.training.networks.residual import Residual
from mien.training.networks.separable import Separable
from mien.training.settings import (
    ConvNeXtNetwork,
    PaperNetwork,
    ResidualNetwork,
    SeparableNetwork,
    Settings,
)

__all__ = ["ExpressionNetwork", "Output", "build_network"]


def build_network(settings: Settings) -> ExpressionNetwork:
    """Builds the network of a recipe, for its faces and labels, with random weights."""
    data_format = settings.data.format
    match settings.network:
        case PaperNetwork() as network:
            return PaperCNN(network, data_format)
        case ResidualNetwork() as network:
            return Residual(network, data_format)
        case SeparableNetwork() as network:
            return Separable(network, data_format)
        case ConvNeXtNetwork() as network:
            return ConvNeXt(network, data_format)
