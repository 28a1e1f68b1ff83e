"""The contest's `fer2013.csv`, with the FER+ votes of `fer2013new.csv` where they lie beside it."""

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data.dataset import FER2013, SPLITS, DataFormat, FaceDataset, to_label
from mien.data.rows import read_rows
from mien.emotions import EMOTIONS, FERPLUS_CHOICES
from mien.errors import DataError
from mien.inference.crop import resize_crop
from mien.inference.model_card import FACE_SIZE

FACES_FILES = ("fer2013.csv", "icml_face_data.csv")
VOTES_FILE = "fer2013new.csv"
_NUMBERS = {str(number): number for number in range(len(EMOTIONS))}
_VOTES = {str(count): count for count in range(11)}  # ten taggers an image
_PIXELS = FACE_SIZE**2


def read_fer2013(path: Path, data_format: DataFormat = FER2013) -> FaceDataset:
    """Reads the CSV row by row, so that memory holds the faces and not the text.

    Args:
        path: of a CSV file with the columns `emotion` (0 to 6, as in FER2013), `pixels` (2,304
            values from 0 to 255, row by row) and `Usage` (one of `SPLITS`), in any order.
            The votes of a `fer2013new.csv` in the same folder are joined by row order (Barsoum et
            al. 2016).
        data_format: of labels and images; the file's faces, 48x48 and gray, are brought to it.

    Raises:
        DataError: either file is malformed, or they do not match; the message names the file,
            the row (counted from 1, after the header) and the field.
    """
    images, labels, splits = bytearray(), [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an empty field raises below
        for where, (emotion, pixels, usage) in read_rows(path, ("emotion", "pixels", "Usage")):
            place = f"{where}, column 'emotion'"
            number = _lookup(_NUMBERS, emotion, place)
            labels.append(to_label(number, data_format, place))
            splits.append(_split(usage, where))
            images += _parse_pixels(pixels, f"{where}, column 'pixels'").tobytes()
    if not labels:
        raise DataError("it has a header but no rows", subject=path)
    votes_path = votes_beside(path)
    faces = np.frombuffer(images, np.uint8).reshape(-1, FACE_SIZE, FACE_SIZE)
    if data_format.face != FER2013.face:
        faces = np.stack([resize_crop(face, data_format.face) for face in faces])
    return FaceDataset(
        faces,
        np.array(labels, np.int64),
        np.array(splits),
        _read_votes(votes_path, splits, path.name) if votes_path.exists() else None,
        format=data_format,
        files=np.array([f"{path.name}, row {number}" for number in range(1, len(labels) + 1)]),
    )


def votes_beside(path: Path) -> Path:
    """Returns where the FER+ votes of a CSV of faces would lie."""
    return path.with_name(VOTES_FILE)


def _parse_pixels(text: str, where: str) -> NDArray[np.uint8]:
    """Parses one face; loadtxt does so in C and refuses anything that is no uint8."""
    try:
        # NumPy looks letters up in a table of C's that ends at 255, and can crash beyond it.
        text.encode("ascii")
        pixels = np.loadtxt([text], np.uint8, comments=None, ndmin=1)
    except ValueError:
        known = {str(value) for value in range(256)}
        wrong = next((value for value in text.split() if value not in known), text)
        raise DataError(
            f"'{wrong[:40]}' is not a whole number from 0 to 255", subject=where
        ) from None
    if pixels.size != _PIXELS:
        raise DataError(
            f"{pixels.size} values, not {_PIXELS} ({FACE_SIZE} x {FACE_SIZE})", subject=where
        )
    return pixels


def _lookup(table: dict[str, int], text: str, where: str) -> int:
    if text not in table:
        raise DataError(
            f"'{text[:40]}' is not a whole number from 0 to {len(table) - 1}", subject=where
        )
    return table[text]


def _split(text: str, where: str) -> str:
    if text not in SPLITS:
        raise DataError(f"{where}, column 'Usage': '{text[:40]}' is none of {', '.join(SPLITS)}")
    return text


def _read_votes(path: Path, splits: list[str], faces_name: str) -> NDArray[np.uint8]:
    """Reads the FER+ file; `splits` are those of the faces whose rows it must match."""
    votes = bytearray()
    rows = 0
    for rows, (where, (*counts, usage)) in enumerate(
        read_rows(path, FERPLUS_CHOICES, optional=("Usage",)), 1
    ):
        if usage and rows <= len(splits) and usage != splits[rows - 1]:
            raise DataError(
                f"{where}, column 'Usage': '{usage[:40]}', but that row of {faces_name} is "
                f"'{splits[rows - 1]}'; the votes join by row order, so both files must be whole"
            )
        votes += bytes(
            _lookup(_VOTES, count, f"{where}, column '{name}'")
            for name, count in zip(FERPLUS_CHOICES, counts, strict=True)
        )
    if rows != len(splits):
        raise DataError(
            f"{rows} rows, but {faces_name} has {len(splits)}; the votes join "
            "by row order, so take whole copies of both, or move this file away",
            subject=path,
        )
    return np.frombuffer(votes, np.uint8).reshape(-1, len(FERPLUS_CHOICES))
