"""Where the commands tell what is not their result: standard error."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console

from mien.errors import MienError
from mien.inference.classifier import Classifier

errors = Console(stderr=True, soft_wrap=True)

_TOLD = 10  # problems told one by one; the rest are counted


def tell_error(message: str) -> None:
    """Prints one error, in one line."""
    _tell(f"error: {message}", "red")


def tell_note(message: str) -> None:
    """Prints what a user should know and that stops nothing, in one line."""
    _tell(message, "yellow")


def warn_problems(problems: Sequence[str]) -> None:
    """Prints what was left out of a data set, and why; the first few, then how many more."""
    for problem in problems[:_TOLD]:
        tell_note(f"left out: {problem}")
    if len(problems) > _TOLD:
        tell_note(f"left out: {len(problems) - _TOLD} more")


@contextmanager
def stoppable(what_now: str) -> Iterator[None]:
    """Lets Ctrl-C end a command in the middle of the block, with status 130.

    Args:
        what_now: what became of the work, and how to go on.
    """
    try:
        yield
    except KeyboardInterrupt:
        tell_note(f"stopped; {what_now}")
        raise typer.Exit(130) from None


def printable(text: str, console: Console) -> str:
    """Escapes what a console cannot show, or would obey."""
    escaped = "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )
    return escaped.encode(console.encoding, "backslashreplace").decode(console.encoding)


def _tell(message: str, style: str) -> None:
    errors.print(printable(message, errors), style=style, markup=False, highlight=False)


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Turns a missing library into an error that names the extra which brings it.

    Args:
        extra: of Mien's own, "train" for instance.

    Raises:
        MienError: a library that is imported inside is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise MienError(
            f"this command needs '{error.name}', which is not installed; "
            f"install it with: pip install 'mien[{extra}]'"
        ) from None


def accuracy_line(model: Path) -> str:
    """Returns what a model file says of its accuracy, in one line."""
    figures = Classifier(model).card.figures
    low, high = figures["accuracy_interval"]
    return (
        f"{model}: {figures['accuracy']:.2%} on {figures['split']} "
        f"(n = {figures['n']}, 95 % interval {low:.1%} to {high:.1%})"
    )
