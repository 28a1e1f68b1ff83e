"""Folders of images: `train/<label>/*.jpg` and the like, or `<label>/*.jpg` alone."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.data.dataset import FER2013, DataFormat, FaceDataset
from mien.data.photos import FaceReader, Kind, OnPhoto, are_photos, ignore, was_placed
from mien.emotions import EMOTIONS
from mien.errors import DataError, MediaError
from mien.inference.media.images import SUFFIXES

SPLIT_FOLDERS = {
    "train": "Training",
    "training": "Training",
    "val": "Validation",
    "valid": "Validation",
    "validation": "Validation",
    "test": "Test",
}
_SYNONYMS = {
    "angry": ("anger",),
    "disgust": ("disgusted",),
    "fear": ("fearful", "afraid", "scared"),
    "happy": ("happiness", "joy"),
    "sad": ("sadness",),
    "surprise": ("surprised",),
    "neutral": ("neutrality",),
}
_SPLIT_IN_NAME = re.compile("Training|PublicTest|PrivateTest")


def class_folders(names: Sequence[str] = EMOTIONS) -> dict[str, int]:
    """Returns the class folders' names, in lower case, and the label of each.

    A folder has the name of its label, a synonym of it, or its number. The name of one label goes
    before the synonym or number of another.

    Raises:
        DataError: two labels differ in case only, so that their folders cannot be told apart.
    """
    own = {name.lower(): label for label, name in enumerate(names)}
    if len(own) < len(names):
        raise DataError(
            f"of the labels {', '.join(names)}, two differ in case only", remedy="rename one"
        )
    synonyms = {
        folder: label
        for label, name in enumerate(names)
        for folder in (*_SYNONYMS.get(name, ()), str(label))
    }
    return own | {folder: label for folder, label in synonyms.items() if folder not in own}


def class_names() -> dict[str, str]:
    """Returns the name of each of Mien's own labels by that name and its synonyms."""
    synonyms = {word: name for name, words in _SYNONYMS.items() for word in words}
    return {name: name for name in EMOTIONS} | synonyms


def folders_of(root: Path) -> list[str]:
    """Returns the names of the class folders under a folder, those of all splits together.

    Raises:
        DataError: it cannot be listed.
    """
    folders = [path for path in _entries(root) if path.is_dir()]
    splits = [path for path in folders if path.name.lower() in SPLIT_FOLDERS]
    inside = [path for split in splits for path in _entries(split) if path.is_dir()]
    names = [path.name for path in (inside if splits else folders)]
    if names and all(name.isdecimal() and int(name) < len(EMOTIONS) for name in names):
        return [EMOTIONS[int(name)] for name in names]
    return names


@dataclass(frozen=True)
class ImageFile:
    """One image of a face, not yet read.

    Attributes:
        path: of the file.
        label: an index into the names of the labels.
        split: one of `mien.data.dataset.SPLITS`.
        person: who it shows; "" where that is not known.
        columns: what else a table says of it, in the order of the table's columns.
    """

    path: Path
    label: int
    split: str
    person: str = ""
    columns: tuple[str, ...] = ()


def find_images(root: Path, names: Sequence[str] = EMOTIONS) -> tuple[list[ImageFile], list[str]]:
    """Lists the images under a folder, in an order that does not depend on the file system.

    A split folder (`train`, `val`, `test`; see `SPLIT_FOLDERS`) contains class folders. Without
    split folders the root contains them itself, and every image is in "Training". Class folders
    are named as in `class_folders`, in any case. A file whose name contains Training, PublicTest
    or PrivateTest is in that split. Names that start with a dot are skipped.

    Args:
        root: the folder.
        names: of the labels.

    Returns:
        The images, and one sentence for each file that was left out.

    Raises:
        DataError: a class folder is unknown, or there are no images.
    """
    problems: list[str] = []
    classes = class_folders(names)
    folders = [path for path in _entries(root) if path.is_dir()]
    if any(folder.name.lower() in SPLIT_FOLDERS for folder in folders):
        images = []
        for folder in folders:
            if split := SPLIT_FOLDERS.get(folder.name.lower()):
                images += _split_images(folder, split, classes, problems)
            else:
                problems.append(f"{folder}: skipped, because train, val or test are beside it")
    else:
        images = _split_images(root, "Training", classes, problems)
    if not images:
        raise DataError(
            "no images in class folders, such as train/happy/*.jpg or happy/*.png, "
            "nor fer2013.csv or a .parquet file",
            subject=root,
        )
    return images, problems


def read_images(
    files: Sequence[ImageFile],
    data_format: DataFormat = FER2013,
    faces: Kind = "auto",
    on_photo: OnPhoto = ignore,
    columns: Sequence[str] = (),
) -> FaceDataset:
    """Reads images; one that cannot be read, or shows no face, is left out and listed.

    Args:
        files: the images.
        data_format: of labels and faces.
        faces: what the images are.
        on_photo: called with the number of photos done and of all, where they are photos.
        columns: the names of the files' further columns.

    Returns:
        The faces, with `problems`, and with `people` if a file has any.

    Raises:
        DataError: none can be read.
    """
    photos = faces == "photos" or (faces == "auto" and are_photos(file.path for file in files))
    reader = FaceReader(data_format.face, photos)
    images = np.empty((len(files), *data_format.face.shape), np.uint8)
    kept: list[ImageFile] = []
    problems = []
    for done, image in enumerate(files, 1):
        try:
            images[len(kept)] = reader.read(image.path)
            kept.append(image)
        except MediaError as error:
            problems.append(str(error))
        if photos:
            on_photo(done, len(files))
    if not kept:
        raise DataError(f"none of {len(files)} images can be used; the first: {problems[0]}")
    people = np.array([image.person for image in kept], np.str_)
    return FaceDataset(
        images[: len(kept)],
        np.array([image.label for image in kept], np.int64),
        np.array([image.split for image in kept]),
        problems=tuple(problems),
        format=data_format,
        people=people if people.any() else None,
        files=np.array([str(image.path) for image in kept], np.str_),
        columns={
            name: np.array([image.columns[at] for image in kept], np.str_)
            for at, name in enumerate(columns)
        },
        aligned=photos or all(was_placed(image.path) for image in kept),
    )


def _split_images(
    folder: Path, split: str, classes: Mapping[str, int], problems: list[str]
) -> list[ImageFile]:
    images = []
    for entry in _entries(folder):
        if entry.is_dir():
            images += _class_images(entry, split, classes, problems)
        elif _is_image(entry):
            problems.append(f"{entry}: not in a class folder")
    return images


def _class_images(
    folder: Path, split: str, classes: Mapping[str, int], problems: list[str]
) -> list[ImageFile]:
    label = classes.get(folder.name.lower())
    if label is None:
        known = ", ".join(name for name in classes if not name.isdecimal())
        raise DataError(
            "unknown class folder", subject=folder, remedy=f"rename it to one of {known}"
        )
    images = []
    for entry in _entries(folder):
        if _is_image(entry):
            named = _SPLIT_IN_NAME.search(entry.name)
            images.append(ImageFile(entry, label, named.group() if named else split))
        else:
            problems.append(f"{entry}: not an image by its name")
    return images


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _entries(folder: Path) -> list[Path]:
    try:
        entries = sorted(folder.iterdir(), key=lambda path: path.name)
    except OSError as error:
        raise DataError(f"cannot be listed: {error.strerror}", subject=folder) from None
    return [path for path in entries if not path.name.startswith(".")]
