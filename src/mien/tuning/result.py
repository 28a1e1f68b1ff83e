"""What a search leaves: the winner as a recipe, and a picture of all trials."""

from dataclasses import dataclass
from pathlib import Path

from optuna.study import Study
from optuna.trial import FrozenTrial

from mien.errors import TrainingError
from mien.evaluation.metrics import wilson_interval
from mien.files import replacing
from mien.tuning.plan import Plan
from mien.tuning.plots import search_figure
from mien.tuning.study import VALUES, best, counted


@dataclass(frozen=True)
class Result:
    """The winner of a search.

    Attributes:
        recipe: path of its recipe.
        picture: path of the picture of all trials.
        text: what it reached, in words.
    """

    recipe: Path
    picture: Path
    text: str


def write_result(folder: Path, study: Study, plan: Plan) -> Result:
    """Writes `best.toml` and `search.png`.

    Args:
        folder: of the search.
        study: with the trials so far.
        plan: what was searched.

    Raises:
        TrainingError: no trial came to its end, or the files cannot be written.
    """
    winner = best(study)
    if winner is None:
        raise TrainingError(
            f"{folder}: none of {len(counted(study))} trials came to its end, for they diverged or "
            "the recipe refused them; search a narrower --space"
        )
    result = Result(folder / "best.toml", folder / "search.png", _figures(winner, study, plan))
    try:
        with replacing(result.recipe) as beside:
            beside.write_text(_recipe(winner, plan, result.text), encoding="utf-8")
        with replacing(result.picture) as beside:
            search_figure(counted(study), winner, plan).savefig(beside, dpi=100)
    except OSError as error:
        raise TrainingError(
            f"{folder}: cannot write the result ({error}); the search is kept, so make room and "
            "give the same command"
        ) from None
    return result


def _figures(winner: FrozenTrial, study: Study, plan: Plan) -> str:
    n = plan.data.split_counts[plan.split]
    low, high = wilson_interval(round(winner.values[0] * n), n)
    return (
        f"trial {winner.number}, {winner.values[0]:.2%} on {plan.split} (n = {n}, 95 % interval of "
        f"one reading {low:.1%} to {high:.1%}); the best of {len(counted(study))} trials on that "
        "split, so optimistic"
    )


def _recipe(winner: FrozenTrial, plan: Plan, figures: str) -> str:
    values = winner.user_attrs[VALUES]
    epochs = plan.recipe.settings.optimization.epochs
    header = (
        f"# From the recipe {plan.recipe.name}, by mien tune:",
        f"# {figures}.",
        f"# Trials ran {plan.epochs} of {epochs} epochs, on {plan.faces} training faces, with seed "
        f"{plan.seed}.",
        f"# It chose {', '.join(values)}.",
    )
    return "\n".join(header) + "\n\n" + plan.recipe_text(values)
