"""What a search leaves: the winner as a recipe, and an image of all trials."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from mien.errors import TrainingError
from mien.evaluation.metrics import wilson_interval
from mien.files import replacing
from mien.tuning.plan import Plan
from mien.tuning.space import Choices, Range
from mien.tuning.study import VALUES, best, counted

_DONE, _EARLY, _BEST = "#3d7ea6", "#b8c4cc", "#d1495b"
_COLUMNS = 3


def search_figure(trials: Sequence[FrozenTrial], winner: FrozenTrial, plan: Plan) -> Figure:
    """Draws the trials in their order, and each key's values against the accuracy they reached.

    Trials that were stopped early stand in grey at the last accuracy they had, which is of an
    earlier epoch than that of the others.

    Args:
        trials: those that count.
        winner: the best of them.
        plan: what was searched.
    """
    rows = math.ceil(len(plan.space) / _COLUMNS)
    figure = Figure(figsize=(10, 3.2 + 2.6 * rows), layout="constrained")
    parts = figure.subfigures(2, 1, squeeze=False, height_ratios=(3.2, 2.6 * rows))
    upper, lower = parts.flatten()
    history = upper.add_subplot()
    _draw_history(history, trials, winner)
    history.set_title(
        f"{len(trials)} trials of {plan.epochs} epochs on {plan.faces} faces", loc="left"
    )
    panels = lower.subplots(rows, _COLUMNS, sharey=True, squeeze=False).flatten()
    for panel, (key, entry) in zip(panels, plan.space.items(), strict=False):
        _draw_slice(panel, key, entry, trials, winner)
    for panel in panels[len(plan.space) :]:
        panel.set_visible(False)
    for axes in (history, *panels[::_COLUMNS]):
        axes.set_ylabel(f"{plan.split}, %")
    return figure


def _draw_history(axes: Axes, trials: Sequence[FrozenTrial], winner: FrozenTrial) -> None:
    done = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    leaders = list(accumulate((100 * trial.values[0] for trial in done), max))
    axes.step([trial.number for trial in done], leaders, where="post", color=_BEST, label="best")
    _scatter(axes, trials, winner, lambda trial: trial.number)
    axes.set_xlabel("trial")
    # Above the axes, where it hides no trial.
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=4, frameon=False, fontsize=8)


def _draw_slice(
    axes: Axes,
    key: str,
    entry: Range | Choices,
    trials: Sequence[FrozenTrial],
    winner: FrozenTrial,
) -> None:
    if isinstance(entry, Choices):
        _scatter(
            axes, trials, winner, lambda trial: entry.choices.index(trial.user_attrs[VALUES][key])
        )
        axes.set_xticks(range(len(entry.choices)), [str(choice) for choice in entry.choices])
    else:
        _scatter(axes, trials, winner, lambda trial: trial.user_attrs[VALUES][key])
    if isinstance(entry, Range) and entry.log:
        axes.set_xscale("log")
        ticks = (entry.low, math.sqrt(entry.low * entry.high), entry.high)
        axes.set_xticks(ticks, [f"{tick:.3g}" for tick in ticks])
        axes.minorticks_off()
    axes.set_xlabel(key)


def _scatter(
    axes: Axes,
    trials: Sequence[FrozenTrial],
    winner: FrozenTrial,
    place: Callable[[FrozenTrial], float],
) -> None:
    """Draws trials at their places; those that were refused have no accuracy to draw."""
    kinds = {
        "stopped early": ([trial for trial in trials if trial.state is TrialState.PRUNED], _EARLY),
        "to the end": ([trial for trial in trials if trial.state is TrialState.COMPLETE], _DONE),
        "winner": ([winner], _BEST),
    }
    for label, (some, colour) in kinds.items():
        drawn = [trial for trial in some if trial.intermediate_values]
        heights = [100 * trial.intermediate_values[trial.last_step or 0] for trial in drawn]
        axes.scatter(
            [place(trial) for trial in drawn], heights, color=colour, label=label, zorder=2
        )
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


@dataclass(frozen=True)
class Result:
    """The winner of a search.

    Attributes:
        recipe: path of its recipe.
        image: path of the image of all trials.
        text: what it reached, in words.
    """

    recipe: Path
    image: Path
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
            f"none of {len(counted(study))} trials came to its end, for they "
            "diverged or the recipe refused them; search a narrower --space",
            subject=folder,
        )
    result = Result(folder / "best.toml", folder / "search.png", _figures(winner, study, plan))
    try:
        with replacing(result.recipe) as beside:
            beside.write_text(_recipe(winner, plan, result.text), encoding="utf-8")
        with replacing(result.image) as beside:
            search_figure(counted(study), winner, plan).savefig(beside, dpi=100)
    except OSError as error:
        raise TrainingError(
            f"cannot write the result ({error}); the search is kept, so make room "
            "and give the same command",
            subject=folder,
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
