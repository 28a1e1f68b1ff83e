"""`mien evaluate`: how good a model is on one split of a data set."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from mien.cli.console import errors, needs_extra, print_note, warn_problems
from mien.emotions import EMOTIONS
from mien.errors import MienError

if TYPE_CHECKING:
    from mien.evaluation.evaluate import Evaluation


def evaluate(
    model: Annotated[str, typer.Argument(help="A shipped model's name, or an ONNX file.")],
    data: Annotated[Path, typer.Option(help="FER2013 as CSV, class folders or Parquet.")],
    split: Annotated[str, typer.Option(help="Training, Validation, Test, ...")] = "PublicTest",
    json: Annotated[Path | None, typer.Option(help="Write all figures to this file.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write a report with plots to this folder.")
    ] = None,
) -> None:
    """Measures a model on labelled faces: accuracy, calibration, and where it errs."""
    with needs_extra("train"):
        from mien.data import DataFormat, load_dataset
        from mien.evaluation.evaluate import evaluate as run
        from mien.evaluation.report import write_json, write_report
        from mien.inference.classifier import Classifier

    classifier = Classifier(model)
    card = classifier.card
    faces = load_dataset(data, DataFormat(card.labels, card.face))
    warn_problems(faces.problems)
    if card.labels != EMOTIONS and _has_label_numbers(data):
        numbers = ", ".join(f"{number} {name}" for number, name in enumerate(card.labels))
        print_note(
            f"label numbers in {data} are read as {numbers}. If the data numbers its labels "
            "otherwise, the figures are wrong; use class folders, which are matched by name."
        )
    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("aligning faces", visible=False)
        evaluation = run(
            classifier,
            faces,
            split,
            lambda done, total: bar.update(task, completed=done, total=total, visible=True),
        )
    _print(evaluation)
    command = ["mien", "evaluate", model, "--data", str(data), "--split", split]
    try:
        if json:
            write_json(evaluation, json)
        if out:
            write_report(evaluation, out, shlex.join(command))
    except OSError as error:
        raise MienError(
            f"cannot be written ({error.strerror})",
            subject=error.filename or out,
            remedy="choose another place for --json or --out",
        ) from None


def _has_label_numbers(data: Path) -> bool:
    """Returns whether a data set labels its faces by number; class folders label them by name."""
    from mien.data.fer2013_csv import FACES_FILES

    in_folder = any((data / name).is_file() for name in FACES_FILES) or any(data.glob("*.parquet"))
    return data.is_file() or in_folder


def _print(evaluation: "Evaluation") -> None:
    from mien.evaluation.report import headline, share

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
