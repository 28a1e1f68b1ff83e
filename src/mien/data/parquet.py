"""FER2013, or other faces, as Parquet: emotion, usage, image, and perhaps votes and person."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mien.data.dataset import FER2013, SPLITS, DataFormat, FaceDataset, to_label
from mien.data.photos import FaceReader, Kind, OnPhoto, are_photos, ignore
from mien.data.rows import Row
from mien.emotions import EMOTIONS, FERPLUS_CHOICES
from mien.errors import DataError, MediaError

REQUIRED = ("emotion", "usage", "image")
PERSON = "person"
VOTES = tuple(f"votes_{choice.lower()}" for choice in FERPLUS_CHOICES)
_BATCH = 1024


def read_names(path: Path) -> list[str]:
    """Returns the names of a file's columns.

    Raises:
        DataError: it is not Parquet.
    """
    with _opened(path) as file:
        return list(file.schema_arrow.names)


def read_labels(path: Path) -> list[str]:
    """Returns the labels of a file of faces, each once.

    Raises:
        DataError: it is not Parquet, or has no column `emotion`.
    """
    with _opened(path) as file:
        _columns(path, file.schema_arrow.names)
        values = set(file.read(columns=["emotion"])["emotion"].to_pylist())
    return sorted(
        value if isinstance(value, str) else EMOTIONS[_integer(value, len(EMOTIONS) - 1, str(path))]
        for value in values
    )


def read_texts(path: Path, columns: tuple[str, ...]) -> Iterator[Row]:
    """Yields each row's place and its fields as text, as `mien.data.rows.read_rows` does.

    Args:
        path: of the file.
        columns: names in lower case; "" where the file has no such column, or nothing in it.

    Raises:
        DataError: it is not Parquet.
    """
    number = 0
    with _opened(path) as file:
        present = {name.casefold(): name for name in file.schema_arrow.names}
        wanted = [present[name] for name in columns if name in present]
        for batch in file.iter_batches(_BATCH, columns=wanted):
            for values in batch.to_pylist():
                number += 1
                found = [values.get(present.get(name, "")) for name in columns]
                yield (
                    f"{path}, row {number}",
                    ["" if value is None else str(value).strip() for value in found],
                )


def read_parquet(
    path: Path,
    data_format: DataFormat = FER2013,
    faces: Kind = "auto",
    on_photo: OnPhoto = ignore,
) -> FaceDataset:
    """Reads one file in batches: the encoded images are never in memory together.

    Args:
        path: of a file with the columns `emotion` (a label's name, or 0 to 6 as in FER2013),
            `usage` (one of `SPLITS`) and `image` (an encoded image); and either all of the columns
            `VOTES` or none. A column `PERSON` (text, or null where nobody knows) is read where
            there is one.
        data_format: of labels and images.
        faces: what the images are.
        on_photo: called with the number of photos done and of all, where they are photos.

    Returns:
        The faces. A photo that cannot be used is left out and listed in `problems`.

    Raises:
        DataError: the file is not Parquet, lacks a column, or has a bad row. Rows are counted
            from 1.
    """
    with _opened(path) as file:
        return _read(path, file, data_format, faces, on_photo)


@contextmanager
def _opened(path: Path) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(path) as file:
            yield file
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read as Parquet: {_first_line(error)}", subject=path) from None


def _read(
    path: Path, file: pq.ParquetFile, data_format: DataFormat, faces: Kind, on_photo: OnPhoto
) -> FaceDataset:
    columns = _columns(path, file.schema_arrow.names)
    count = file.metadata.num_rows
    if count == 0:
        raise DataError("it has no rows", subject=path)
    images = np.empty((count, *data_format.face.shape), np.uint8)
    labels = np.empty(count, np.int64)
    splits = np.empty(count, np.dtype(f"<U{max(map(len, SPLITS))}"))
    votes = np.empty((count, len(VOTES)), np.uint8) if VOTES[0] in columns else None
    people: list[str] | None = [] if PERSON in columns else None
    photos = faces == "photos" or (faces == "auto" and are_photos(_images(file)))
    reader, problems, used = FaceReader(data_format.face, photos), [], np.ones(count, bool)
    row = 0
    for batch in file.iter_batches(_BATCH, columns=columns):
        for values in batch.to_pylist():
            where = f"{path}, row {row + 1}"
            try:
                images[row] = _face(values["image"], reader, where)
            except DataError as error:
                if not photos:
                    raise
                problems.append(str(error))
                used[row] = False
            labels[row] = _label(values["emotion"], data_format, f"{where}, column 'emotion'")
            splits[row] = _split(values["usage"], where)
            if votes is not None:
                votes[row] = [
                    _integer(values[name], 10, f"{where}, column '{name}'") for name in VOTES
                ]
            if people is not None:
                people.append(_person(values[PERSON], where))
            row += 1
            if photos:
                on_photo(row, count)
    if not used.any():
        raise DataError(f"none of {count} photos can be used; the first: {problems[0]}")
    dataset = FaceDataset(
        images,
        labels,
        splits,
        votes,
        tuple(problems),
        data_format,
        None if people is None else np.array(people, np.str_),
        files=np.array([f"{path.name}, row {number}" for number in range(1, count + 1)]),
        aligned=photos,
    )
    return dataset if used.all() else dataset.take(used)


def _images(file: pq.ParquetFile) -> Iterator[bytes]:
    for batch in file.iter_batches(_BATCH, columns=["image"]):
        yield from (value for value in batch["image"].to_pylist() if isinstance(value, bytes))


def _columns(path: Path, present: list[str]) -> list[str]:
    """Returns the columns to read; the votes are read where any of them is there."""
    wanted = [*REQUIRED, *(VOTES if any(name in present for name in VOTES) else ())]
    if missing := [name for name in wanted if name not in present]:
        raise DataError(
            f"it has no column '{missing[0]}'; it has {', '.join(present)}", subject=path
        )
    columns = [*wanted, PERSON] if PERSON in present else wanted
    if twice := [name for name in columns if present.count(name) > 1]:
        raise DataError(
            f"two of its columns are '{twice[0]}'", subject=path, remedy="rename one of them"
        )
    return columns


def _face(value: Any, reader: FaceReader, where: str) -> NDArray[np.uint8]:
    if not isinstance(value, bytes):
        raise DataError(f"{where}, column 'image': no encoded image there")
    try:
        return reader.read(value)
    except MediaError as error:
        said = error.advice if reader.photos else str(error)
        raise DataError(f"{where}, column 'image': {said}") from None


def _label(value: Any, data_format: DataFormat, where: str) -> int:
    if not isinstance(value, str):
        return to_label(_integer(value, len(EMOTIONS) - 1, where), data_format, where)
    if value not in data_format.names:
        raise DataError(
            f"unknown label '{value}'",
            subject=where,
            remedy=f"choose from {', '.join(data_format.names)}",
        )
    return data_format.names.index(value)


def _integer(value: Any, top: int, where: str) -> int:
    if type(value) is not int or not 0 <= value <= top:
        raise DataError(f"{value!r} is not a whole number from 0 to {top}", subject=where)
    return value


def _person(value: Any, where: str) -> str:
    if not isinstance(value, str | None):
        raise DataError(f"{value!r} is not text", subject=f"{where}, column '{PERSON}'")
    return value or ""


def _split(value: Any, where: str) -> str:
    if value not in SPLITS:
        raise DataError(f"{where}, column 'usage': {value!r} is none of {', '.join(SPLITS)}")
    return str(value)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
