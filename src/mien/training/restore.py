"""A checkpoint's network, as it answers."""

from mien.errors import TrainingError
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
        TrainingError: its weights are those of another version.
    """
    settings = parse_recipe(found.identity.recipe, source)
    network = build_network(settings.network)
    try:
        network.load_state_dict(found.state["network"])
    # torch tells of names and shapes that differ by a RuntimeError of many lines.
    except (KeyError, RuntimeError):
        raise other_version(source) from None
    return network.eval(), settings


def other_version(source: str) -> TrainingError:
    """Returns the error for a checkpoint whose weights have other names or shapes."""
    return TrainingError(
        f"{source}: its weights are those of another version of Mien; train again, or use that "
        "version"
    )
