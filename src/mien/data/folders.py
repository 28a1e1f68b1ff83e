"""Folders of pictures: `train/<emotion>/*.jpg` and the like, or `<emotion>/*.jpg` alone."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.data.dataset import FaceDataset
from mien.data.pictures import read_face
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
class Picture:
    """One picture of a face, not yet read."""

    path: Path
    label: int
    split: str


def find_pictures(root: Path) -> tuple[list[Picture], list[str]]:
    """Lists the pictures under a folder, in an order that does not depend on the file system.

    A split folder (`train`, `val`, `test`; see `SPLIT_FOLDERS`) holds class folders; where the
    root has no split folder it holds class folders itself, and all is "Training". Class folders
    are named as in `CLASS_FOLDERS`, in any case. A file whose name carries Training, PublicTest
    or PrivateTest keeps that split. Names that begin with a dot are passed over.

    Returns:
        The pictures, and one sentence for each thing that was left out.

    Raises:
        DataError: a class folder is unknown, or there are no pictures.
    """
    problems: list[str] = []
    folders = [path for path in _entries(root) if path.is_dir()]
    if any(folder.name.lower() in SPLIT_FOLDERS for folder in folders):
        pictures = []
        for folder in folders:
            if split := SPLIT_FOLDERS.get(folder.name.lower()):
                pictures += _split_pictures(folder, split, problems)
            else:
                problems.append(f"{folder}: it stands beside train, val or test")
    else:
        pictures = _split_pictures(root, "Training", problems)
    if not pictures:
        raise DataError(
            f"{root}: no pictures in class folders, such as train/happy/*.jpg or happy/*.png, "
            "nor fer2013.csv or a .parquet file"
        )
    return pictures, problems


def read_pictures(pictures: list[Picture]) -> FaceDataset:
    """Reads pictures; one that cannot be read is left out and told in `problems`.

    Raises:
        DataError: none can be read.
    """
    images = np.empty((len(pictures), FACE_SIZE, FACE_SIZE), np.uint8)
    kept: list[Picture] = []
    problems = []
    for picture in pictures:
        try:
            images[len(kept)] = read_face(picture.path)
            kept.append(picture)
        except MediaError as error:
            problems.append(str(error))
    if not kept:
        raise DataError(f"none of {len(pictures)} pictures can be read; the first: {problems[0]}")
    return FaceDataset(
        images[: len(kept)],
        np.array([picture.label for picture in kept], np.int64),
        np.array([picture.split for picture in kept]),
        problems=tuple(problems),
    )


def _split_pictures(folder: Path, split: str, problems: list[str]) -> list[Picture]:
    pictures = []
    for entry in _entries(folder):
        if entry.is_dir():
            pictures += _class_pictures(entry, split, problems)
        elif _is_picture(entry):
            problems.append(f"{entry}: it is in no class folder")
    return pictures


def _class_pictures(folder: Path, split: str, problems: list[str]) -> list[Picture]:
    label = CLASS_FOLDERS.get(folder.name.lower())
    if label is None:
        raise DataError(
            f"{folder}: unknown class folder; rename it to one of {', '.join(EMOTIONS)} (or "
            "anger, happiness, sadness and such), or move it away"
        )
    pictures = []
    for entry in _entries(folder):
        if _is_picture(entry):
            named = _SPLIT_IN_NAME.search(entry.name)
            pictures.append(Picture(entry, label, named.group() if named else split))
        else:
            problems.append(f"{entry}: it is no picture by its name")
    return pictures


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _entries(folder: Path) -> list[Path]:
    try:
        entries = sorted(folder.iterdir(), key=lambda path: path.name)
    except OSError as error:
        raise DataError(f"{folder}: cannot be listed: {error.strerror}") from None
    return [path for path in entries if not path.name.startswith(".")]
