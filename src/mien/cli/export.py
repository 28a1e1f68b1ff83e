"""`mien export`: a training run's checkpoint to a model file."""

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.extras import needs_extra


def export(
    run: Annotated[Path, typer.Argument(help="The folder of a training run.")],
    data: Annotated[Path, typer.Option(help="The data that trained it; it calibrates the model.")],
    out: Annotated[Path, typer.Option(help="The model file to write.")],
    name: Annotated[
        str | None, typer.Option(help="What to call it.", show_default="the file's name")
    ] = None,
) -> None:
    """Writes the model file of a run from its checkpoint, finished or not."""
    with needs_extra("train"):
        from mien.data import load_dataset
        from mien.training.run import RunFolder, export_run

    export_run(RunFolder(run), load_dataset(data), name or out.stem, out)
    typer.echo(f"{out}")
