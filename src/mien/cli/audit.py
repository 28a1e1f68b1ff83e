"""`mien audit`: finds problems in a labelled data set of faces."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from mien.cli.console import FacesOption, needs_extra
from mien.errors import MienError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mien.data import FaceDataset
    from mien.data.duplicates import Copies
    from mien.data.findings import Finding
    from mien.training.recipe import Recipe


def audit(
    data: Annotated[Path, typer.Option(help="Faces or photos: class folders, a table, FER2013.")],
    out: Annotated[Path, typer.Option(help="The folder for audit.csv and contact_sheet.png.")],
    folds: Annotated[
        int, typer.Option(min=0, help="Networks to train for out-of-fold confidence; 0 for none.")
    ] = 3,
    recipe: Annotated[
        str, typer.Option(help="The recipe that trains them, which also says the data's format.")
    ] = "small",
    epochs: Annotated[
        int, typer.Option(min=1, help="Number of epochs, instead of the recipe's.")
    ] = 10,
    kind: FacesOption = "auto",
    device: Annotated[str, typer.Option(help="cpu, cuda, or auto: cuda if available.")] = "auto",
    threads: Annotated[
        int | None, typer.Option(min=1, help="CPU threads.", show_default="all cores")
    ] = None,
) -> None:
    """Finds copies, contradicting and likely wrong labels, and non-faces. Resumes after a stop."""
    with needs_extra("train"):
        import torch

        from mien.audit.report import find_all
        from mien.audit.sheet import write_sheet
        from mien.data import load_dataset
        from mien.data.duplicates import find_copies
        from mien.data.findings import write_findings
        from mien.data.photos import check_kind
        from mien.training.recipe import load_recipe
    from mien.cli.console import photo_progress, warn_problems

    if folds == 1:
        raise MienError(
            "--folds 1: one fold leaves no faces to learn from", remedy="give 2 or more, or 0"
        )
    if threads:
        torch.set_num_threads(threads)
    loaded = load_recipe(recipe)
    with photo_progress() as on_photo:
        faces = load_dataset(data, loaded.settings.data.format, check_kind(kind), on_photo)
    warn_problems(faces.problems)
    _make(out)
    copies = find_copies(faces.images)
    probabilities = None
    if folds:
        probabilities = _out_of_fold(faces, copies, folds, loaded, epochs, out / "folds", device)
    findings = find_all(faces, copies, probabilities)
    write_findings(out / "audit.csv", findings, faces.fingerprint, faces.files)
    write_sheet(out / "contact_sheet.png", faces, findings)
    _print(faces, findings)
    typer.echo(f"{out / 'audit.csv'} and contact_sheet.png beside it")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MienError(
            f"cannot be created ({error.strerror})",
            subject=folder,
            remedy="choose another folder with --out",
        ) from None


def _out_of_fold(
    faces: "FaceDataset",
    copies: "Copies",
    folds: int,
    recipe: "Recipe",
    epochs: int,
    folder: Path,
    device: str,
) -> "NDArray[np.float32]":
    from mien.audit.folds import out_of_fold
    from mien.cli.console import errors
    from mien.training.history import ProgressBar
    from mien.training.recipe import with_epochs
    from mien.training.run import pick_device

    short = with_epochs(recipe, epochs)
    with ProgressBar(errors) as bar:
        return out_of_fold(faces, copies.groups, folds, short, folder, pick_device(device), bar)


def _print(faces: "FaceDataset", findings: "list[Finding]") -> None:
    from mien.audit.report import count_findings, count_leaks

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("found")
    for split in faces.split_counts:
        table.add_column(split, justify="right")
    rows = count_findings(faces, findings)
    for kind, counts in {**rows, "of all faces": faces.split_counts}.items():
        table.add_row(kind, *(f"{count:,}" for count in counts.values()))
    console = Console()
    console.print(table)
    leaks = count_leaks(faces, findings)
    console.print(f"{leaks:,} of the copies are of a face in another split", highlight=False)
