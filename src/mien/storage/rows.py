"""Rows read from a database: checked once, where they become objects.

A table that is STRICT refuses a value of another type, but a damaged file may hold any. What passes
here has the types of its dataclass, in ranges that every later step can use.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from math import isfinite
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints
from zipfile import BadZipFile

from mien.errors import MienError
from mien.storage.errors import DamagedError, StoreError

HIGHEST = 2**53  # the largest integer that JSON numbers keep exactly
"""The highest number that a row can have."""

_DAMAGED = (
    *(TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError, OSError),
    *(RecursionError, MemoryError, EOFError, RuntimeError, BadZipFile),
)
"""What reading JSON, numbers and archives raises where their bytes are damaged."""

_log = logging.getLogger(__name__)
T = TypeVar("T")
Row = TypeVar("Row")


@contextmanager
def reading(file: str | None, place: str) -> Iterator[None]:
    """Turns whatever a damaged row raises into one error that names it.

    Args:
        file: its name; None where it is not known.
        place: what is read, such as "session 3".

    Raises:
        DamagedError: the block raised what a damaged row makes it raise.
    """
    try:
        yield
    except StoreError:
        raise
    except MienError as error:
        raise _damaged(file, place, error.reason) from None
    except _DAMAGED as error:
        raise _damaged(file, place, str(error) or type(error).__name__) from None


def _damaged(file: str | None, place: str, reason: str) -> DamagedError:
    return DamagedError(f"{place} is damaged ({reason[:200]})", subject=file)


def read_intact(rows: Iterable[Row], parse: Callable[[Row], T]) -> list[T]:
    """Returns the rows of a list that are intact; the log names each that is not, once.

    Args:
        rows: of the database.
        parse: returns the object of a row, or raises `DamagedError`.
    """
    found: list[T] = []
    for row in rows:
        try:
            found.append(parse(row))
        except DamagedError as error:
            _warn_once(str(error))
    return found


@lru_cache(maxsize=4096)  # a page asks for its lists again and again
def _warn_once(message: str) -> None:
    _log.warning("Left out: %s", message)


def make(kind: type[T], values: Mapping[str, Any]) -> T:
    """Returns a dataclass of a row's values, each checked against the type of its field.

    Whole numbers lie within ±`HIGHEST`, numbers are finite, and 0 and 1 are taken for a bool.

    Raises:
        TypeError: a value is of another type, or a field is missing.
    """
    hints: dict[str, Any] = _hints(kind)  # type: ignore[arg-type]
    taken = {
        name: bool(value) if hints.get(name) is bool and value in (0, 1) else value
        for name, value in values.items()
    }
    for name, value in taken.items():
        if name in hints and not _fits(value, hints[name]):
            raise TypeError(f"its {name} is {value!r:.40}")
    return kind(**taken)


def take(value: Any, hint: Any) -> Any:
    """Returns a value that is of a type, checked as in `make`.

    Raises:
        TypeError: it is of another.
    """
    if not _fits(value, hint):
        raise TypeError(f"{value!r:.40} is there")
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _fits(value: Any, hint: Any) -> bool:
    if hint is float:  # first what most values are: a session has a hundred thousand rows
        return type(value) in (int, float) and isfinite(value)
    if hint is int:
        return type(value) is int and abs(value) <= HIGHEST
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, part) for part in parts)
    if origin is Literal:
        return value in parts
    if origin is tuple:  # of any length, of one type
        return type(value) is tuple and all(_fits(item, parts[0]) for item in value)
    return isinstance(value, origin or hint)
