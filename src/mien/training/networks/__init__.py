"""The networks that recipes name."""

from mien.training.networks.base import ExpressionNetwork, Output
from mien.training.networks.paper import PaperCNN
from mien.training.networks.residual import Residual
from mien.training.settings import Network, PaperNetwork

__all__ = ["ExpressionNetwork", "Output", "build_network"]


def build_network(settings: Network) -> ExpressionNetwork:
    """Makes the network that a recipe describes, its weights drawn from torch's generator."""
    if isinstance(settings, PaperNetwork):
        return PaperCNN(settings)
    return Residual(settings)
