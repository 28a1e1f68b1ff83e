"""Loads a data set, whatever its layout."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from stat import S_ISDIR

from mien.data.cache import cached
from mien.data.dataset import FER2013, DataFormat, FaceDataset
from mien.data.fer2013_csv import FACES_FILES, read_fer2013, votes_beside
from mien.data.folders import ImageFile, find_images, read_images
from mien.data.parquet import read_parquet
from mien.data.photos import Kind, OnPhoto, ignore
from mien.data.sources import join_sources, refuse_people_across_splits
from mien.data.table import further_columns, is_table, read_table
from mien.errors import DataError


def load_dataset(
    path: str | Path,
    data_format: DataFormat = FER2013,
    faces: Kind = "auto",
    on_photo: OnPhoto = ignore,
) -> FaceDataset:
    """Reads a data set of faces or photos, or takes it from the user's cache if it is unchanged.

    Args:
        path: a .csv file like FER2013's; a .parquet file of faces; a .csv or .parquet file that
            lists photos, see `mien.data.table`; a folder with `fer2013.csv`, `icml_face_data.csv`
            or one .parquet file; or a folder of class folders, with or without `train`, `val` and
            `test` above them.
        data_format: the labels' names, and the size and color that images are brought to.
        faces: what the images are: "crops" of one face each, "photos" in which the face is to be
            found and cropped as in predictions, or "auto", which looks at their sizes; see
            `mien.data.photos.are_photos`.
        on_photo: called with the number of photos done and of all, where they are photos.

    Returns:
        The faces; `aligned` where they were found in photos.

    Raises:
        DataError: it cannot be read; the message names file, row and field.
    """
    path = Path(path)
    try:
        is_folder = S_ISDIR(path.stat().st_mode)
        return (_load_folder if is_folder else _load_file)(path, _How(data_format, faces, on_photo))
    except FileNotFoundError:
        raise DataError("no such file or folder; check the path", subject=path) from None
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}; check the path", subject=path) from None


def load_sources(
    paths: Sequence[Path],
    names: Sequence[str],
    data_format: DataFormat = FER2013,
    faces: Kind = "auto",
    on_photo: OnPhoto = ignore,
) -> FaceDataset:
    """Reads the data sets that a recipe learns from together; see `join_sources`.

    Args:
        paths: one for each name, in order; or a single one where there are no names.
        names: of the recipe's sources.
        data_format: of all of them.
        faces: as for `load_dataset`, of all of them.
        on_photo: as for `load_dataset`.

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
    datasets = [load_dataset(path, data_format, faces, on_photo) for path in paths]
    if not names:
        refuse_people_across_splits(datasets[0])
        return datasets[0]
    return join_sources(dict(zip(names, datasets, strict=True)))


@dataclass(frozen=True)
class _How:
    """How a data set is to be read, as the caller of `load_dataset` says."""

    format: DataFormat
    faces: Kind
    on_photo: OnPhoto

    def cached(
        self, key: Path, sources: Sequence[Path], read: Callable[[], FaceDataset]
    ) -> FaceDataset:
        return cached(key, sources, read, self.format, "" if self.faces == "auto" else self.faces)


def _load_file(path: Path, how: _How) -> FaceDataset:
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".parquet"):
        raise DataError("give a .csv file, a .parquet file or a folder of images", subject=path)
    if is_table(path):
        return _load_table(path, how)
    if suffix == ".csv":
        read = partial(read_fer2013, path, how.format)
        return how.cached(path, [path, votes_beside(path)], read)
    return how.cached(
        path, [path], partial(read_parquet, path, how.format, how.faces, how.on_photo)
    )


def _load_table(path: Path, how: _How) -> FaceDataset:
    images, problems = read_table(path, how.format.names)
    return _load_images(path, images, problems, how, [path], further_columns(path))


def _load_folder(folder: Path, how: _How) -> FaceDataset:
    for name in FACES_FILES:
        if (folder / name).is_file():
            return _load_file(folder / name, how)
    parquets = sorted(folder.glob("*.parquet"))
    if len(parquets) > 1:
        names = ", ".join(path.name for path in parquets)
        raise DataError(
            f"it has more than one .parquet file ({names})",
            subject=folder,
            remedy="name one of them",
        )
    if parquets:
        return _load_file(parquets[0], how)
    images, problems = find_images(folder, how.format.names)
    return _load_images(folder, images, problems, how)


def _load_images(
    key: Path,
    images: list[ImageFile],
    problems: list[str],
    how: _How,
    tables: Sequence[Path] = (),
    columns: Sequence[str] = (),
) -> FaceDataset:
    sources = [*tables, *(image.path for image in images)]
    read = partial(read_images, images, how.format, how.faces, how.on_photo, columns)
    dataset = how.cached(key, sources, read)
    return replace(dataset, problems=(*problems, *dataset.problems))
