"""Whole photos: the face is found and cropped as in predictions, and told where there is none."""

import warnings
from collections.abc import Callable, Iterable
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.data.images import decode_face, read_face
from mien.errors import DataError, MediaError
from mien.inference.cropping import ENOUGH_PIXELS, crop_faces
from mien.inference.detection.detector import Detection, FaceDetector
from mien.inference.detection.detectors import DEFAULT_DETECTOR, open_detector
from mien.inference.media.images import open_image, read_frame, register_heif
from mien.inference.model_card import FaceFormat

Kind = Literal["auto", "crops", "photos"]
"""What the images of a data set are: one cropped face each, or photos; "auto" looks at them."""

_KINDS = ", ".join(get_args(Kind))

OnPhoto = Callable[[int, int], None]
"""Called as photos are read, with the number done and of all."""

LARGEST_CROP = 224
"""Pixels a side up to which images that are square and of one size pass for cropped faces."""

PLACED = ("mien-crop", "by landmarks")
"""The note in a crop that `mien crop` wrote: it lies as predictions' do."""

_BY_FAR = 2.0  # how many times as wide as the next a face is that is meant among several

Pixels = NDArray[np.uint8]
_Seen = TypeVar("_Seen")


def check_kind(name: str) -> Kind:
    """Returns a kind by its name.

    Raises:
        DataError: there is no such kind.
    """
    for kind in get_args(Kind):
        if name == kind:
            found: Kind = kind
            return found
    raise DataError("no such kind of images", subject=name, remedy=f"choose from {_KINDS}")


def ignore(_done: int, _total: int) -> None:
    """An `OnPhoto` that shows nothing."""


def are_photos(images: Iterable[Path | bytes]) -> bool:
    """Tells photos from cropped faces by their sizes.

    Data sets of crops, such as FER2013, RAF-DB and AffectNet, have square images of one size, up
    to `LARGEST_CROP` pixels a side; collections of photos hardly ever do.

    Args:
        images: files or encoded images; those that cannot be read say nothing.

    Returns:
        Whether any is not square, is larger, or has another size than the others.
    """
    sizes: set[tuple[int, int]] = set()
    for image in images:
        if (size := _size(image)) is None:
            continue
        sizes.add(size)
        if len(sizes) > 1 or size[0] != size[1] or size[0] > LARGEST_CROP:
            return True
    return False


class FaceReader:
    """Reads images of one face each, in the format of a data set.

    Args:
        face_format: of the faces.
        photos: whether the images are photos, in which the face is to be found.

    Attributes:
        photos: as passed.
    """

    def __init__(self, face_format: FaceFormat, photos: bool) -> None:
        self._format, self.photos = face_format, photos

    @cached_property
    def _detector(self) -> FaceDetector:
        return open_detector(DEFAULT_DETECTOR)

    def read(self, image: Path | bytes) -> Pixels:
        """Returns the face of an image, uint8 of the format's shape.

        Raises:
            MediaError: the image cannot be read, or `find` raises it of a photo.
        """
        if self.photos:
            return self.find(image)[0]
        if isinstance(image, bytes):
            return decode_face(image, self._format)
        return read_face(image, self._format)

    def find(self, photo: Path | bytes) -> tuple[Pixels, Detection]:
        """Returns the crop of the face of a photo, uint8 of the format's shape, and the face.

        Raises:
            MediaError: the photo cannot be read, shows no face, or several of which none is by
                far the largest.
        """
        frame = read_frame(photo, ENOUGH_PIXELS)
        found = crop_faces(frame, self._detector, self._format)
        _check_one(found.detections, frame.source)
        return found.crops[0], found.detections[0].moved(found.frame.scale)


def was_placed(image: Path | bytes) -> bool:
    """Tells whether `mien crop` made an image, so that it lies as predictions' crops do."""
    key, value = PLACED
    return _look(image, lambda opened: opened.info.get(key) == value) or False


def _check_one(faces: list[Detection], name: str) -> None:
    if not faces:
        raise MediaError("no face was found", subject=name, remedy="give another photo")
    if len(faces) > 1 and faces[0].box.width < _BY_FAR * faces[1].box.width:
        raise MediaError(
            f"{len(faces)} faces were found, none of which is by far the largest",
            subject=name,
            remedy="cut out the one that is meant",
        )


def _size(image: Path | bytes) -> tuple[int, int] | None:
    return _look(image, lambda opened: opened.size)


def _look(image: Path | bytes, at: Callable[[Image.Image], _Seen]) -> _Seen | None:
    """Returns what a header says; None where it cannot be read, which reading it will tell."""
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            BytesIO(image) if isinstance(image, bytes) else open_image(image) as file,
        ):
            if file.read(8)[4:] == b"ftyp":
                register_heif()
            file.seek(0)
            with Image.open(file) as opened:
                return at(opened)
    except Exception:  # decoders raise many kinds of error on damaged bytes
        return None
