"""Where the commands tell what is not their result: standard error."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import typer
from rich.console import Console

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
