"""What commands print beside their result: errors, notes and warnings, on standard error."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from mien.errors import MediaError, MienError
from mien.inference.classifier import Classifier

if TYPE_CHECKING:
    from mien.data.photos import OnPhoto

ModelOption = Annotated[
    str, typer.Option("--model", help="The name of a shipped model, or a model file.")
]
"""Option `--model`."""

UnsureOption = Annotated[
    float,
    typer.Option(
        "--unsure-below", min=0, max=1, help="The confidence below which a face is 'unsure'."
    ),
]
"""Option `--unsure-below`."""

PriorOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE",
        help="How common each expression is here: fer2013, photos, uniform, or a JSON file.",
    ),
]
"""Option `--prior`."""

FacesOption = Annotated[
    str,
    typer.Option(
        "--faces",
        metavar="auto|crops|photos",
        help="What the images are: cropped faces, or photos in which the face is to be found.",
    ),
]
"""Option `--faces`."""

DetectorOption = Annotated[
    str,
    typer.Option(
        "--detector", metavar="NAME", help="What finds the faces: yunet, mtcnn, centerface."
    ),
]
"""Option `--detector`."""

errors = Console(stderr=True, soft_wrap=True)

_MAX_PROBLEMS = 10  # that are printed; the rest are counted


def print_error(message: str) -> None:
    """Prints one error, in one line."""
    _print(f"error: {message}", "red")


def print_note(message: str) -> None:
    """Prints a note, in one line."""
    _print(message, "yellow")


def warn_problems(problems: Sequence[str]) -> None:
    """Prints what was left out of a data set and why: the first few, then how many more."""
    for problem in problems[:_MAX_PROBLEMS]:
        print_note(f"left out: {problem}")
    if len(problems) > _MAX_PROBLEMS:
        print_note(f"left out: {len(problems) - _MAX_PROBLEMS} more")


@contextmanager
def stoppable(what_now: str) -> Iterator[None]:
    """Ends a command on Ctrl-C within the block, with status 130.

    Args:
        what_now: what was saved, and how to resume.
    """
    try:
        yield
    except KeyboardInterrupt:
        print_note(f"stopped; {what_now}")
        raise typer.Exit(130) from None


@contextmanager
def photo_progress() -> Iterator["OnPhoto"]:
    """Yields a function that shows how many photos of a data set have been searched for a face."""
    from rich.progress import Progress

    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("finding faces", visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=True)


def printable(text: str, console: Console) -> str:
    """Escapes what a console cannot show, and control sequences."""
    escaped = "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )
    return escaped.encode(console.encoding, "backslashreplace").decode(console.encoding)


def _print(message: str, style: str) -> None:
    errors.print(printable(message, errors), style=style, markup=False, highlight=False)


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Turns a missing library into an error that names the extra to install.

    Args:
        extra: of Mien, such as "train".

    Raises:
        MienError: a library that the block imports is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise MienError(
            f"this command needs '{error.name}', which is not installed",
            remedy=f"install it with: pip install 'mien[{extra}]'",
        ) from None


def unwritable(path: object, error: OSError, remedy: str) -> MediaError:
    """Returns the error for an output that cannot be written."""
    return MediaError(f"cannot be written ({error.strerror})", subject=path, remedy=remedy)


def remove_file(path: Path, remedy: str) -> None:
    """Removes a file that is to be replaced, if it is there.

    Raises:
        MediaError: it cannot be removed, or is a folder.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(path, error, remedy) from None


def accuracy_line(model: Path) -> str:
    """Formats the accuracy on a model's card, in one line."""
    figures = Classifier(model).card.figures
    low, high = figures["accuracy_interval"]
    return (
        f"{model}: {figures['accuracy']:.2%} on {figures['split']} "
        f"(n = {figures['n']}, 95 % interval {low:.1%} to {high:.1%})"
    )
