"""Loads a data set, whatever its layout."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from stat import S_ISDIR

from mien.data.cache import cached
from mien.data.dataset import FER2013, DataFormat, FaceDataset
from mien.data.fer2013_csv import FACES_FILES, read_fer2013, votes_beside
from mien.data.folders import find_images, read_images
from mien.data.parquet import read_parquet
from mien.data.sources import join_sources, refuse_people_across_splits
from mien.errors import DataError


def load_dataset(path: str | Path, data_format: DataFormat = FER2013) -> FaceDataset:
    """Reads a data set of faces, or takes it from the user's cache if it has not changed.

    Args:
        path: a .csv file like FER2013's; a .parquet file; a folder with `fer2013.csv`,
            `icml_face_data.csv` or one .parquet file; or a folder of class folders, with or
            without `train`, `val` and `test` above them.
        data_format: the labels' names, and the size and color that images are brought to.

    Raises:
        DataError: it cannot be read; the message names file, row and field.
    """
    path = Path(path)
    try:
        is_folder = S_ISDIR(path.stat().st_mode)
        return (_load_folder if is_folder else _load_file)(path, data_format)
    except FileNotFoundError:
        raise DataError("no such file or folder; check the path", subject=path) from None
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}; check the path", subject=path) from None


def load_sources(
    paths: Sequence[Path], names: Sequence[str], data_format: DataFormat = FER2013
) -> FaceDataset:
    """Reads the data sets that a recipe learns from together; see `join_sources`.

    Args:
        paths: one for each name, in order; or a single one where there are no names.
        names: of the recipe's sources.
        data_format: of all of them.

    Raises:
        DataError: there are more or fewer paths than sources, one cannot be read, or they do not
            go together.
    """
    wanted = max(len(names), 1)
    if len(paths) != wanted:
        expected = f"the sources {', '.join(names)}" if names else "one data set"
        raise DataError(
            f"the recipe learns from {expected}, and {len(paths)} were given",
            remedy=f"give --data {wanted} times, in this order" if names else "give --data once",
        )
    datasets = [load_dataset(path, data_format) for path in paths]
    if not names:
        refuse_people_across_splits(datasets[0])
        return datasets[0]
    return join_sources(dict(zip(names, datasets, strict=True)))


def _load_file(path: Path, data_format: DataFormat) -> FaceDataset:
    match path.suffix.lower():
        case ".csv":
            sources = [path, votes_beside(path)]
            return cached(path, sources, partial(read_fer2013, path, data_format), data_format)
        case ".parquet":
            read = partial(read_parquet, path, data_format)
            return cached(path, [path], read, data_format)
        case _:
            raise DataError("give a .csv file, a .parquet file or a folder of images", subject=path)


def _load_folder(folder: Path, data_format: DataFormat) -> FaceDataset:
    for name in FACES_FILES:
        if (folder / name).is_file():
            return _load_file(folder / name, data_format)
    parquets = sorted(folder.glob("*.parquet"))
    if len(parquets) > 1:
        names = ", ".join(path.name for path in parquets)
        raise DataError(
            f"it has more than one .parquet file ({names})",
            subject=folder,
            remedy="name one of them",
        )
    if parquets:
        return _load_file(parquets[0], data_format)
    return _load_images(folder, data_format)


def _load_images(folder: Path, data_format: DataFormat) -> FaceDataset:
    images, problems = find_images(folder, data_format.names)
    sources = [image.path for image in images]
    read = partial(read_images, images, data_format)
    dataset = cached(folder, sources, read, data_format)
    return replace(dataset, problems=(*problems, *dataset.problems))
