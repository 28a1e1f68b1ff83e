"""The labels that a data set has, for models that are to know just these."""

from collections.abc import Iterable
from pathlib import Path

from mien.data.fer2013_csv import FACES_FILES
from mien.data.folders import class_names, folders_of
from mien.data.parquet import read_labels as read_parquet_labels
from mien.data.table import is_table, read_labels
from mien.emotions import EMOTIONS
from mien.errors import DataError

MOST_LABELS = 100


def find_labels(path: str | Path) -> tuple[str, ...]:
    """Returns the labels of a data set, in any layout of `load_dataset`.

    Args:
        path: as for `load_dataset`.

    Returns:
        Those of Mien's own that are there, in their order, then all others, sorted. Synonyms of
        Mien's labels, such as "happiness", count as these.

    Raises:
        DataError: it cannot be read, has one label only or too many, or one with a slash.
    """
    path = Path(path)
    if not path.exists():
        raise DataError("no such file or folder; check the path", subject=path)
    known = class_names()
    found = {known.get(name.lower(), name) for name in map(str.strip, _names(path))}
    own, others = found & set(EMOTIONS), found - set(EMOTIONS)
    labels = (*(name for name in EMOTIONS if name in own), *sorted(others))
    _check(labels, path)
    return labels


def _names(path: Path) -> Iterable[str]:
    if path.is_dir():
        parquets = sorted(path.glob("*.parquet"))
        if any((path / name).is_file() for name in FACES_FILES):
            return EMOTIONS
        return read_parquet_labels(parquets[0]) if parquets else folders_of(path)
    if is_table(path):
        return read_labels(path)
    return read_parquet_labels(path) if path.suffix.lower() == ".parquet" else EMOTIONS


def _check(labels: tuple[str, ...], path: Path) -> None:
    if len(labels) > MOST_LABELS:
        raise DataError(
            f"it has {len(labels):,} labels", subject=path, remedy=f"give {MOST_LABELS} at most"
        )
    if len(labels) < 2:
        raise DataError(
            f"it has one label only, '{labels[0]}'" if labels else "it has no labels",
            subject=path,
            remedy="add photos of another",
        )
    if slashed := next((name for name in labels if "/" in name or "\\" in name), None):
        raise DataError(
            f"the label '{slashed}' has a slash, which no class folder can have",
            subject=path,
            remedy="rename it",
        )
