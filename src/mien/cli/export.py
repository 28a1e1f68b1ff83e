"""`mien export`: a training run's checkpoint to a model file."""

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.console import needs_extra


def export(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...", help="The folder of a training run; several become an ensemble."
        ),
    ],
    data: Annotated[
        list[Path] | None,
        typer.Option(help="The data that trained it, as in `mien train`; it calibrates the model."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The model file to write.")] = None,
    keras: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.keras",
            help="Instead: write RUN's model, or a model file, of the paper's network for Keras 3.",
        ),
    ] = None,
    tflite: Annotated[
        Path | None,
        typer.Option(metavar="FILE.tflite", help="The same for LiteRT; it needs TensorFlow."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="The model's name.", show_default="the file's name")
    ] = None,
    flip: Annotated[
        bool | None,
        typer.Option(
            help="Average predictions over the mirrored face.", show_default="the recipe's views"
        ),
    ] = None,
    shift: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=8,
            help="Average predictions over shifts of N pixels.",
            show_default="the recipe's",
        ),
    ] = None,
    int8: Annotated[
        bool, typer.Option("--int8", help="Quantize to int8: smaller, and faster on most CPUs.")
    ] = False,
) -> None:
    """Writes the model file of runs from their checkpoints, finished or not."""
    if keras is not None or tflite is not None:
        _export_paper(runs, keras, tflite)
        return
    if not data or out is None:
        missing = "--data" if not data else "--out"
        raise typer.BadParameter("is required, or give --keras", param_hint=f"'{missing}'")
    with needs_extra("train"):
        from mien.cli.console import accuracy_line
        from mien.training.export_run import export_runs, load_run_data
        from mien.training.recipe import RunFolder

    views = {key: value for key, value in (("flip", flip), ("shift", shift)) if value is not None}
    folders = [RunFolder(run) for run in runs]
    faces = load_run_data(folders[0], data)
    export_runs(folders, faces, name or out.stem, out, views, int8)
    typer.echo(accuracy_line(out))


def _export_paper(runs: list[Path], keras: Path | None, tflite: Path | None) -> None:
    if len(runs) > 1 or (keras and tflite):
        raise typer.BadParameter("goes with one run, one at a time", param_hint="'--keras'")
    with needs_extra("train"):
        from mien.training.export_keras import export_keras, export_tflite
        from mien.training.recipe import RunFolder

    (run,) = runs
    model = RunFolder(run).model if run.is_dir() else run
    if keras is not None:
        export_keras(model, keras)
    elif tflite is not None:
        export_tflite(model, tflite)
    typer.echo(f"{keras or tflite}: faces 0 to 255 in, calibrated probabilities out")
