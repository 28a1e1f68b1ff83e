"""Commands that need more than the base install say so plainly."""

from collections.abc import Iterator
from contextlib import contextmanager

from mien.errors import MienError


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
