"""A checkpoint's network, as it answers."""

from mien.training.checkpoint import Checkpoint
from mien.training.networks import ExpressionNetwork, build_network
from mien.training.recipe import parse_recipe
from mien.training.settings import Settings


def restore_network(found: Checkpoint, source: str) -> tuple[ExpressionNetwork, Settings]:
    """Returns a run's network and its recipe's settings.

    Args:
        found: a checkpoint of the run.
        source: what an error calls it, its path for instance.

    Raises:
        RecipeError: this version knows no such recipe.
    """
    settings = parse_recipe(found.identity.recipe, source)
    network = build_network(settings.network)
    network.load_state_dict(found.state["network"])
    return network.eval(), settings
