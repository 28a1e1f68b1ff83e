"""FER2013, or other faces, as Parquet: emotion, usage, image, and perhaps votes and person."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mien.data.dataset import FER2013, SPLITS, DataFormat, FaceDataset, to_label
from mien.data.images import decode_face
from mien.emotions import EMOTIONS, FERPLUS_CHOICES
from mien.errors import DataError, MediaError
from mien.inference.model_card import FaceFormat

REQUIRED = ("emotion", "usage", "image")
PERSON = "person"
VOTES = tuple(f"votes_{choice.lower()}" for choice in FERPLUS_CHOICES)
_BATCH = 1024


def read_parquet(path: Path, data_format: DataFormat = FER2013) -> FaceDataset:
    """Reads one file in batches: the encoded images are never in memory together.

    Args:
        path: of a file with the columns `emotion` (a label's name, or 0 to 6 as in FER2013),
            `usage` (one of `SPLITS`) and `image` (an encoded image); and either all of the columns
            `VOTES` or none. A column `PERSON` (text, or null where nobody knows) is read where
            there is one.
        data_format: of labels and images.

    Raises:
        DataError: the file is not Parquet, lacks a column, or has a bad row. Rows are counted
            from 1.
    """
    try:
        with pq.ParquetFile(path) as file:
            return _read(path, file, data_format)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"cannot be read as Parquet: {_first_line(error)}", subject=path) from None


def _read(path: Path, file: pq.ParquetFile, data_format: DataFormat) -> FaceDataset:
    columns = _columns(path, file.schema_arrow.names)
    count = file.metadata.num_rows
    if count == 0:
        raise DataError("it has no rows", subject=path)
    images = np.empty((count, *data_format.face.shape), np.uint8)
    labels = np.empty(count, np.int64)
    splits = np.empty(count, np.dtype(f"<U{max(map(len, SPLITS))}"))
    votes = np.empty((count, len(VOTES)), np.uint8) if VOTES[0] in columns else None
    people: list[str] | None = [] if PERSON in columns else None
    row = 0
    for batch in file.iter_batches(_BATCH, columns=columns):
        for values in batch.to_pylist():
            where = f"{path}, row {row + 1}"
            images[row] = _face(values["image"], data_format.face, where)
            labels[row] = _label(values["emotion"], data_format, f"{where}, column 'emotion'")
            splits[row] = _split(values["usage"], where)
            if votes is not None:
                votes[row] = [
                    _integer(values[name], 10, f"{where}, column '{name}'") for name in VOTES
                ]
            if people is not None:
                people.append(_person(values[PERSON], where))
            row += 1
    named = None if people is None else np.array(people, np.str_)
    return FaceDataset(images, labels, splits, votes, format=data_format, people=named)


def _columns(path: Path, present: list[str]) -> list[str]:
    """Returns the columns to read; the votes are read where any of them is there."""
    wanted = [*REQUIRED, *(VOTES if any(name in present for name in VOTES) else ())]
    if missing := [name for name in wanted if name not in present]:
        raise DataError(
            f"it has no column '{missing[0]}'; it has {', '.join(present)}", subject=path
        )
    return [*wanted, PERSON] if PERSON in present else wanted


def _face(value: Any, face_format: FaceFormat, where: str) -> NDArray[np.uint8]:
    if not isinstance(value, bytes):
        raise DataError(f"{where}, column 'image': no encoded image there")
    try:
        return decode_face(value, face_format)
    except MediaError as error:
        raise DataError(f"{where}, column 'image': {error}") from None


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
