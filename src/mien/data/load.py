"""One way in: whatever layout the user has, `load_dataset` finds out which it is."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from stat import S_ISDIR

from mien.data.cache import cached
from mien.data.dataset import FaceDataset
from mien.data.fer2013_csv import FACES_FILES, read_fer2013, votes_beside
from mien.data.folders import find_images, read_images
from mien.data.parquet import read_parquet
from mien.errors import DataError


def load_dataset(path: str | Path) -> FaceDataset:
    """Reads a data set of faces, or takes it from the user's cache where it has not changed.

    Args:
        path: a .csv file as FER2013's; a .parquet file; a folder that holds `fer2013.csv`,
            `icml_face_data.csv` or one .parquet file; or a folder of class folders, with or
            without `train`, `val` and `test` above them.

    Raises:
        DataError: there is nothing there that can be read; the message names file, row and
            field.
    """
    path = Path(path)
    try:
        is_folder = S_ISDIR(path.stat().st_mode)
        return _load_folder(path) if is_folder else _load_file(path)
    except FileNotFoundError:
        raise DataError("no such file or folder; check the path", subject=path) from None
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}; check the path", subject=path) from None


def _load_file(path: Path) -> FaceDataset:
    match path.suffix.lower():
        case ".csv":
            return cached(path, [path, votes_beside(path)], partial(read_fer2013, path))
        case ".parquet":
            return cached(path, [path], partial(read_parquet, path))
        case _:
            raise DataError("give a .csv file, a .parquet file or a folder of images", subject=path)


def _load_folder(folder: Path) -> FaceDataset:
    for name in FACES_FILES:
        if (folder / name).is_file():
            return _load_file(folder / name)
    parquets = sorted(folder.glob("*.parquet"))
    if len(parquets) > 1:
        names = ", ".join(path.name for path in parquets)
        raise DataError(f"it holds more than one .parquet file ({names}); name one", subject=folder)
    if parquets:
        return _load_file(parquets[0])
    return _load_images(folder)


def _load_images(folder: Path) -> FaceDataset:
    images, problems = find_images(folder)
    sources = [image.path for image in images]
    dataset = cached(folder, sources, partial(read_images, images))
    return replace(dataset, problems=(*problems, *dataset.problems))
