"""The networks that recipes name."""

from mien.data.dataset import DataFormat
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
    Settings,
)

__all__ = ["ExpressionNetwork", "Output", "build_network"]


def build_network(settings: Settings) -> ExpressionNetwork:
    """Builds the network of a recipe, for its faces and labels, with random weights."""
    network = _network(settings.network, settings.data.format)
    if settings.joined:
        network.tell_sources(len(settings.joined))
    return network


def _network(settings: Network, data_format: DataFormat) -> ExpressionNetwork:
    match settings:
        case PaperNetwork():
            return PaperCNN(settings, data_format)
        case ResidualNetwork():
            return Residual(settings, data_format)
        case SeparableNetwork():
            return Separable(settings, data_format)
        case ConvNeXtNetwork():
            return ConvNeXt(settings, data_format)
