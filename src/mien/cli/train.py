"""`mien train`: from a data set and a recipe, or another model, to a model file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.console import FacesOption, needs_extra
from mien.errors import MienError

if TYPE_CHECKING:
    from mien.training.finetuning.learn import FineTuned


def train(
    recipe: Annotated[
        str | None,
        typer.Argument(help="A shipped recipe's name, or a TOML file; none with --from."),
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(
            help="Faces or photos, as class folders, a table, CSV or Parquet; one for each source "
            "of the recipe."
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="MODEL",
            help="Fine-tune this model on your labels: a shipped name, or a model file.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="The run's folder.", show_default="runs/RECIPE, or runs/DATA"),
    ] = None,
    faces: FacesOption = "auto",
    epochs: Annotated[
        int | None,
        typer.Option(min=1, help="Instead of the recipe's; its warm-up keeps its share."),
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
    """Trains a model: OUT gets history.csv, curves.png, checkpoint.pt and model.onnx.

    With --from, a model learns the labels of your own photos in minutes: its network stays, and a
    new last layer is learned. It is compared with the old one on people whom it did not see, and
    only kept if it is better.
    """
    if base is not None:
        _refuse(recipe=recipe, epochs=epochs, audit=audit, start=start, resume=resume)
        _fine_tune(base, data or [], out, faces)
        return
    if recipe is None:
        raise typer.BadParameter("is required, or give --from MODEL", param_hint="'RECIPE'")
    with needs_extra("train"):
        import torch

        from mien.cli.console import accuracy_line
        from mien.data.load import load_sources
        from mien.data.photos import check_kind
        from mien.data.splits import with_validation
        from mien.training.curation import curation_weights
        from mien.training.describe import describe as describe_network
        from mien.training.history import ProgressBar
        from mien.training.recipe import RunFolder, load_recipe, with_epochs
        from mien.training.run import pick_device
        from mien.training.run import train as run
    from mien.cli.console import errors, photo_progress, stoppable, warn_problems

    loaded = load_recipe(recipe)
    if epochs is not None:
        loaded = with_epochs(loaded, epochs)
    if describe:
        typer.echo(describe_network(loaded.settings).to_text())
        return
    if not data:
        raise typer.BadParameter("is required; name a data set", param_hint="'--data'")
    if threads:
        torch.set_num_threads(threads)
    folder = RunFolder(out or Path("runs") / loaded.name)
    with photo_progress() as on_photo:
        settings = loaded.settings
        joined = load_sources(
            data, settings.joined, settings.data.format, check_kind(faces), on_photo
        )
    warn_problems(joined.problems)
    joined = with_validation(joined)
    weights = curation_weights(loaded.settings.curation, joined, audit)
    kept = "with --resume the same command continues after the last whole epoch"
    with stoppable(kept), ProgressBar(errors) as bar:
        model = run(loaded, joined, folder, seed, resume, pick_device(device), bar, weights, start)
    typer.echo(f"{accuracy_line(model)}; history and curves in {folder.path}")


def _refuse(**given: object) -> None:
    """Refuses what goes with a recipe alone.

    Raises:
        MienError: it is there.
    """
    for name, value in given.items():
        if value:
            option = "a recipe" if name == "recipe" else f"--{name}"
            raise MienError(f"{option} does not go with --from", remedy="leave one of them out")


def _fine_tune(base: str, data: list[Path], out: Path | None, faces: str) -> None:
    if len(data) != 1:
        raise typer.BadParameter("is required, once, with --from", param_hint="'--data'")
    with needs_extra("train"):
        from mien.data import DataFormat, find_labels, load_dataset
        from mien.data.photos import check_kind
        from mien.inference.classifier import Classifier
        from mien.training.finetuning.learn import fine_tune
    from rich.progress import Progress

    from mien.cli.console import errors, photo_progress, stoppable, warn_problems

    (source,) = data
    classifier = Classifier(base)
    data_format = DataFormat(find_labels(source), classifier.card.face)
    with photo_progress() as on_photo:
        photos = load_dataset(source, data_format, check_kind(faces), on_photo)
    warn_problems(photos.problems)
    folder = out or Path("runs") / source.stem
    kept = "nothing is written yet; photos that were searched stay cached"
    with stoppable(kept), Progress(console=errors, transient=True) as bar:
        task = bar.add_task("learning")
        found = fine_tune(
            classifier,
            photos,
            folder,
            lambda done, total: bar.update(task, completed=done, total=total),
        )
    for line in _describe(found, classifier.card.name, data_format.names):
        typer.echo(line)


def _describe(found: "FineTuned", base: str, labels: tuple[str, ...]) -> list[str]:
    """Returns what a fine-tuning came to, in words."""
    it = found.comparison
    units = "people" if it.people else "faces"
    whom = f" of {it.people:,} people" if it.people else "; people are not known"
    low, high = it.accuracy_interval
    lines = [
        f"{len(labels)} labels: {', '.join(labels)}; not weighed, as common as in the photos",
        f"cross-validated on {it.n:,} faces{whom}: {it.accuracy:.1%} "
        f"(95 % interval over {units} {low:.1%} to {high:.1%})",
    ]
    if it.gain is None or it.gain_interval is None or it.old_accuracy is None:
        lines.append(f"{base} does not know all of these labels, so there is nothing to compare")
    else:
        low, high = it.gain_interval
        lines.append(
            f"{base} on the same faces: {it.old_accuracy:.1%}; gain {100 * it.gain:+.1f} points "
            f"({100 * low:+.1f} to {100 * high:+.1f})"
        )
    if found.model is None:
        lines.append(f"no gain is shown, so nothing was written: keep {base}, or add photos")
    else:
        lines.append(f"{found.model}: use it with --model, here, in Studio and in a browser")
    return lines
