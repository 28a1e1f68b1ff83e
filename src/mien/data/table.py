"""Tables of photos: CSV or Parquet of `path,label[,person][,split][,columns of your own]`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from mien.data.dataset import SPLITS
from mien.data.folders import SPLIT_FOLDERS, ImageFile, class_folders
from mien.data.rows import Row, read_header, read_rows
from mien.errors import DataError

_Value = TypeVar("_Value")

PATH, LABEL, PERSON, SPLIT = "path", "label", "person", "split"
_KNOWN = (PATH, LABEL, PERSON, SPLIT)
_SPLITS = {name.lower(): name for name in SPLITS} | SPLIT_FOLDERS


def is_table(path: Path) -> bool:
    """Tells whether a .csv or .parquet file lists photos, by its columns.

    Raises:
        DataError: it cannot be read.
    """
    header = _header(path)
    if path.suffix.lower() == ".csv" and len(header) == 1 and ";" in header[0]:
        raise DataError(
            "its columns are separated by semicolons", subject=path, remedy="save it with commas"
        )
    return {PATH, LABEL} <= set(header)


def further_columns(path: Path) -> tuple[str, ...]:
    """Returns the names of the columns that Mien gives no meaning, in lower case."""
    return tuple(name for name in _header(path) if name not in _KNOWN)


def read_labels(path: Path) -> list[str]:
    """Returns the labels of a table as they stand there.

    Raises:
        DataError: it cannot be read.
    """
    return [fields[0] for _, fields in _rows(path, (LABEL,))]


def read_table(path: Path, names: tuple[str, ...]) -> tuple[list[ImageFile], list[str]]:
    """Reads the rows of a table.

    Args:
        path: of a .csv file in UTF-8, or a .parquet file. Paths in it are absolute, or relative
            to its folder; `split` is one of `SPLITS` or a name of `SPLIT_FOLDERS`, and Training
            where the table has none; `label` is as in `class_folders`.
        names: of the labels.

    Returns:
        The images, and one sentence for each row that was left out: its file is missing, is a
        folder, or stands in a row before.

    Raises:
        DataError: the table cannot be read, a label or split is unknown, or it has no rows.
    """
    classes = class_folders(names)
    further = further_columns(path)
    problems: list[str] = []
    images: dict[Path, ImageFile] = {}
    for where, (named, label, person, split, *others) in _rows(path, (*_KNOWN, *further)):
        file = path.parent / named
        if problem := _problem(file, named, images):
            problems.append(f"{where}: {problem}")
            continue
        images[file] = ImageFile(
            file,
            _look_up(classes, label, f"{where}, column '{LABEL}'"),
            _look_up(_SPLITS, split or "training", f"{where}, column '{SPLIT}'"),
            person,
            tuple(others),
        )
    if not images:
        said = f"; the first: {problems[0]}" if problems else ""
        raise DataError(f"it lists no image that is there{said}", subject=path)
    return list(images.values()), problems


def _problem(file: Path, named: str, images: Mapping[Path, ImageFile]) -> str:
    if not named:
        return "it names no file"
    if file in images:
        return f"{named} stands in a row before"
    try:
        if file.is_dir():
            return f"{named} is a folder"
        return "" if file.exists() else f"{named} is not there"
    except (OSError, ValueError):
        return "its path is none"


def _look_up(known: Mapping[str, _Value], name: str, where: str) -> _Value:
    value = known.get(name.lower())
    if value is None:
        choices = ", ".join(word for word in known if not word.isdecimal())
        raise DataError(
            f"unknown '{name[:40]}'", subject=where, remedy=f"choose from {choices[:100]}"
        )
    return value


def _header(path: Path) -> list[str]:
    if path.suffix.lower() == ".csv":
        return read_header(path)
    from mien.data.parquet import read_names  # noqa: PLC0415 - CSV does without pyarrow

    return [name.casefold() for name in read_names(path)]


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[Row]:
    """Yields each row's place and fields, "" where the table has no such column."""
    if path.suffix.lower() == ".csv":
        yield from read_rows(path, (), columns)
        return
    from mien.data.parquet import read_texts  # noqa: PLC0415 - CSV does without pyarrow

    yield from read_texts(path, columns)
