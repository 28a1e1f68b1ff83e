"""Folders of images: `train/<emotion>/*.jpg` and the like, or `<emotion>/*.jpg` alone."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.data.dataset import FaceDataset
from mien.data.images import read_face
from mien.emotions import EMOTIONS
from mien.errors import DataError, MediaError
from mien.inference.media.images import SUFFIXES
from mien.inference.model_card import FACE_SIZE

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
CLASS_FOLDERS = {
    name: label
    for label, emotion in enumerate(EMOTIONS)
    for name in (emotion, *_SYNONYMS[emotion], str(label))
}
_SPLIT_IN_NAME = re.compile("Training|PublicTest|PrivateTest")


@dataclass(frozen=True)
class ImageFile:
    """One image of a face, not yet read."""

    path: Path
    label: int
    split: str


def find_images(root: Path) -> tuple[list[ImageFile], list[str]]:
    """Lists the images under a folder, in an order that does not depend on the file system.

    A split folder (`train`, `val`, `test`; see `SPLIT_FOLDERS`) holds class folders; where the
    root has no split folder it holds class folders itself, and all is "Training". Class folders
    are named as in `CLASS_FOLDERS`, in any case. A file whose name carries Training, PublicTest
    or PrivateTest keeps that split. Names that begin with a dot are passed over.

    Returns:
        The images, and one sentence for each thing that was left out.

    Raises:
        DataError: a class folder is unknown, or there are no images.
    """
    problems: list[str] = []
    folders = [path for path in _entries(root) if path.is_dir()]
    if any(folder.name.lower() in SPLIT_FOLDERS for folder in folders):
        images = []
        for folder in folders:
            if split := SPLIT_FOLDERS.get(folder.name.lower()):
                images += _split_images(folder, split, problems)
            else:
                problems.append(f"{folder}: it stands beside train, val or test")
    else:
        images = _split_images(root, "Training", problems)
    if not images:
        raise DataError(
            "no images in class folders, such as train/happy/*.jpg or happy/*.png, "
            "nor fer2013.csv or a .parquet file",
            subject=root,
        )
    return images, problems


def read_images(files: list[ImageFile]) -> FaceDataset:
    """Reads images; one that cannot be read is left out and told in `problems`.

    Raises:
        DataError: none can be read.
    """
    images = np.empty((len(files), FACE_SIZE, FACE_SIZE), np.uint8)
    kept: list[ImageFile] = []
    problems = []
    for image in files:
        try:
            images[len(kept)] = read_face(image.path)
            kept.append(image)
        except MediaError as error:
            problems.append(str(error))
    if not kept:
        raise DataError(f"none of {len(files)} images can be read; the first: {problems[0]}")
    return FaceDataset(
        images[: len(kept)],
        np.array([image.label for image in kept], np.int64),
        np.array([image.split for image in kept]),
        problems=tuple(problems),
    )


def _split_images(folder: Path, split: str, problems: list[str]) -> list[ImageFile]:
    images = []
    for entry in _entries(folder):
        if entry.is_dir():
            images += _class_images(entry, split, problems)
        elif _is_image(entry):
            problems.append(f"{entry}: it is in no class folder")
    return images


def _class_images(folder: Path, split: str, problems: list[str]) -> list[ImageFile]:
    label = CLASS_FOLDERS.get(folder.name.lower())
    if label is None:
        raise DataError(
            f"unknown class folder; rename it to one of {', '.join(EMOTIONS)} (or "
            "anger, happiness, sadness and such), or move it away",
            subject=folder,
        )
    images = []
    for entry in _entries(folder):
        if _is_image(entry):
            named = _SPLIT_IN_NAME.search(entry.name)
            images.append(ImageFile(entry, label, named.group() if named else split))
        else:
            problems.append(f"{entry}: it is no image by its name")
    return images


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _entries(folder: Path) -> list[Path]:
    try:
        entries = sorted(folder.iterdir(), key=lambda path: path.name)
    except OSError as error:
        raise DataError(f"cannot be listed: {error.strerror}", subject=folder) from None
    return [path for path in entries if not path.name.startswith(".")]
