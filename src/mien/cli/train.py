"""`mien train`: from a data set and a recipe to a model file."""

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.console import needs_extra


def train(
    recipe: Annotated[str, typer.Argument(help="A shipped recipe's name, or a TOML file.")],
    data: Annotated[
        list[Path] | None,
        typer.Option(
            help="The faces, as class folders, CSV or Parquet; one for each source of the recipe."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The run's folder.", show_default="runs/RECIPE")
    ] = None,
    audit: Annotated[
        Path | None,
        typer.Option(help="Findings of `mien audit`, weighed by the recipe's [curation]."),
    ] = None,
    start: Annotated[
        Path | None, typer.Option(help="A finished run whose weights to start from.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Resume from the checkpoint.")] = False,
    device: Annotated[str, typer.Option(help="cpu, cuda, or auto: cuda if there is one.")] = "auto",
    threads: Annotated[
        int | None, typer.Option(min=1, help="CPU threads.", show_default="all cores")
    ] = None,
    describe: Annotated[
        bool, typer.Option("--describe", help="Only print the recipe's network and its cost.")
    ] = False,
) -> None:
    """Trains a model: OUT gets history.csv, curves.png, checkpoint.pt and model.onnx."""
    with needs_extra("train"):
        import torch

        from mien.cli.console import accuracy_line
        from mien.data.load import load_sources
        from mien.training.curation import curation_weights
        from mien.training.describe import describe as describe_network
        from mien.training.history import ProgressBar
        from mien.training.recipe import RunFolder, load_recipe
        from mien.training.run import pick_device
        from mien.training.run import train as run
    from mien.cli.console import errors, stoppable, warn_problems

    loaded = load_recipe(recipe)
    if describe:
        typer.echo(describe_network(loaded.settings).to_text())
        return
    if not data:
        raise typer.BadParameter("is required; name a data set", param_hint="'--data'")
    if threads:
        torch.set_num_threads(threads)
    folder = RunFolder(out or Path("runs") / loaded.name)
    faces = load_sources(data, loaded.settings.joined, loaded.settings.data.format)
    warn_problems(faces.problems)
    weights = curation_weights(loaded.settings.curation, faces, audit)
    kept = "with --resume the same command continues after the last whole epoch"
    with stoppable(kept), ProgressBar(errors) as bar:
        model = run(loaded, faces, folder, seed, resume, pick_device(device), bar, weights, start)
    typer.echo(f"{accuracy_line(model)}; history and curves in {folder.path}")
