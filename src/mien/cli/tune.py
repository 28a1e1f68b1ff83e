"""`mien tune`: from a recipe and a space to the recipe that validated best."""

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.console import needs_extra


def tune(
    recipe: Annotated[str, typer.Argument(help="A shipped recipe's name, or a TOML file.")],
    data: Annotated[Path, typer.Option(help="FER2013 as CSV, class folders or Parquet.")],
    trials: Annotated[int, typer.Option(min=1, help="Total trials, including earlier runs.")],
    out: Annotated[Path, typer.Option(help="The search's folder; the same command resumes it.")],
    workers: Annotated[int, typer.Option(min=1, help="Number of worker processes.")] = 1,
    space: Annotated[
        Path | None,
        typer.Option(help="TOML: keys and their ranges.", show_default="by the optimizer"),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Of each trial.", show_default="the recipe's")
    ] = None,
    faces: Annotated[
        int | None,
        typer.Option(min=2, help="Number of faces to learn from, stratified.", show_default="all"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    device: Annotated[str, typer.Option(help="cpu, cuda, or auto: cuda if available.")] = "auto",
    threads: Annotated[
        int | None,
        typer.Option(min=1, help="CPU threads per worker.", show_default="cores/workers"),
    ] = None,
) -> None:
    """Searches a recipe's keys: OUT gets search.db, search.png and the winner, best.toml."""
    with needs_extra("train"):
        import torch

        from mien.data import load_dataset
        from mien.data.splits import with_validation
        from mien.training.recipe import TRAINING_SPLIT, load_recipe
        from mien.training.run import pick_device
    with needs_extra("tune"):
        from mien.tuning.plan import Plan
        from mien.tuning.progress import ProgressBars
        from mien.tuning.run import tune as run
        from mien.tuning.space import default_space, load_space
    from mien.cli.console import errors, photo_progress, stoppable, warn_problems

    loaded = load_recipe(recipe)
    varied = load_space(space, loaded) if space else default_space(loaded)
    with photo_progress() as on_photo:
        dataset = load_dataset(data, loaded.settings.data.format, on_photo=on_photo)
    warn_problems(dataset.problems)
    dataset = with_validation(dataset)
    plan = Plan(
        loaded,
        varied,
        dataset,
        epochs or loaded.settings.optimization.epochs,
        faces or len(dataset.subset(TRAINING_SPLIT)),
        seed,
    )
    per_worker = threads or max(1, torch.get_num_threads() // workers)
    saved = "finished trials are saved; give the same command to resume"
    with stoppable(saved), ProgressBars(errors) as bars:
        result = run(plan, out, trials, workers, pick_device(device), per_worker, bars)
    typer.echo(f"{result.recipe}: {result.text}; all trials in {result.image}")
