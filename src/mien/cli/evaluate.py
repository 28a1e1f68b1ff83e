"""`mien evaluate`: how good a model is on one split of one or several data sets."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from mien.cli.console import (
    FacesOption,
    PriorOption,
    errors,
    needs_extra,
    photo_progress,
    print_error,
    printable,
    unwritable,
    warn_problems,
)
from mien.errors import MienError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mien.evaluation.evaluate import Evaluation
    from mien.inference.classifier import Classifier


def evaluate(
    model: Annotated[str, typer.Argument(help="A shipped model's name, or an ONNX file.")],
    data: Annotated[
        list[Path],
        typer.Option(
            help="Faces or photos: class folders, a table, FER2013; give several to compare."
        ),
    ],
    split: Annotated[
        str | None,
        typer.Option(
            help="Training, Validation, Test, ...",
            show_default="PublicTest, Test or Validation, whichever is there first, or all faces",
        ),
    ] = None,
    faces: FacesOption = "auto",
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN", help="Measure each value of a column apart: person, label, your own."
        ),
    ] = None,
    prior: PriorOption = None,
    json: Annotated[Path | None, typer.Option(help="Write all figures to this file.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write a report with plots to this folder.")
    ] = None,
) -> None:
    """Measures a model on labelled faces: accuracy, calibration, and where it errs."""
    with needs_extra("train"):
        from mien.evaluation.report import write_json, write_report
        from mien.inference.classifier import Classifier

    classifier = Classifier(model, prior=prior)
    evaluated = dict(_evaluate_all(classifier, data, split, faces, by or []))
    evaluations = list(evaluated.values())
    if len(data) == 1:
        _print(evaluations[0])
    elif evaluations:
        _print_comparison(list(evaluated), evaluations)
    try:
        if json:
            write_json(evaluations, json)
        for number, (source, evaluation) in enumerate(evaluated.items(), 1):
            if out:
                folder = out if len(data) == 1 else out / f"{number}-{source.stem}"
                command = ["mien", "evaluate", model, "--data", str(source)]
                command += ["--split", evaluation.split]
                command += ["--faces", faces] if faces != "auto" else []
                command += [word for name in by or [] for word in ("--by", name)]
                command += ["--prior", prior] if prior else []
                write_report(evaluation, folder, shlex.join(command))
    except OSError as error:
        remedy = "choose another place for --json or --out"
        raise unwritable(error.filename or out, error, remedy) from None
    if len(evaluated) < len(set(data)):
        raise typer.Exit(1)


def _evaluate_all(
    classifier: "Classifier", data: list[Path], split: str | None, faces: str, by: list[str]
) -> "Iterator[tuple[Path, Evaluation]]":
    """Yields each data set's evaluation; if one of several fails, the rest goes on."""
    for source in dict.fromkeys(data):
        try:
            yield source, _evaluate(classifier, source, split, faces, by)
        except MienError as error:
            if len(data) == 1:
                raise
            print_error(str(error))


def _evaluate(
    classifier: "Classifier", source: Path, split: str | None, kind: str, by: list[str]
) -> "Evaluation":
    from mien.data import DataFormat, load_dataset
    from mien.data.photos import check_kind
    from mien.data.splits import measured_split
    from mien.evaluation.evaluate import evaluate as run

    card = classifier.card
    with photo_progress() as on_photo:
        faces = load_dataset(source, DataFormat(card.labels, card.face), check_kind(kind), on_photo)
    warn_problems(faces.problems)
    split = split or measured_split(faces)
    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("aligning faces", visible=False)
        return run(
            classifier,
            faces,
            split,
            lambda done, total: bar.update(task, completed=done, total=total, visible=True),
            by,
        )


def _print(evaluation: "Evaluation") -> None:
    from mien.evaluation.report import group_row, headline, share

    console = Console()
    summary = Table(box=None, show_header=False, pad_edge=False)
    for name, value in headline(evaluation):
        summary.add_row(name, value)
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("label")
    for name in ("precision", "recall", "F1", "faces"):
        table.add_column(name, justify="right")
    for name, label in evaluation.metrics.per_emotion.items():
        figures = (share(value) for value in (label.precision, label.recall, label.f1))
        table.add_row(name, *figures, f"{label.support:,}")
    title = f"{evaluation.card.name} on {evaluation.split}, {evaluation.metrics.n:,} faces"
    console.print(title, style="bold", markup=False, highlight=False)
    console.print(summary, "", table)
    for name, groups in evaluation.groups.items():
        apart = Table(box=None, pad_edge=False, header_style="dim")
        apart.add_column(Text(printable(name, console)))
        for column in ("faces", "people", "accuracy (95 % interval)"):
            apart.add_column(column, justify="right")
        for group in groups:
            value, *cells = group_row(group)
            apart.add_row(Text(printable(value, console)), *cells)
        console.print("", apart)


def _print_comparison(data: list[Path], evaluations: "list[Evaluation]") -> None:
    """Prints one row per data set."""
    console = Console()
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("data set")
    columns = ("faces", "accuracy (95 % interval)", "mean recall", "calibration error")
    for name in columns:
        table.add_column(name, justify="right")
    for source, evaluation in zip(data, evaluations, strict=True):
        metrics = evaluation.metrics
        over_people = evaluation.people
        low, high = (over_people or metrics).accuracy_interval
        table.add_row(
            Text(printable(source.name, console)),
            f"{metrics.n:,}",
            f"{metrics.accuracy:.1%} ({low:.1%} to {high:.1%}){'*' if over_people else ''}",
            f"{metrics.mean_recall:.1%}",
            f"{metrics.ece:.1%}",
        )
    splits = dict.fromkeys(evaluation.split for evaluation in evaluations)
    title = f"{evaluations[0].card.name} on {', '.join(splits)}"
    console.print(title, style="bold", markup=False, highlight=False)
    console.print(table)
    if any(evaluation.people for evaluation in evaluations):
        console.print("* over people, by bootstrap", style="dim", highlight=False)
