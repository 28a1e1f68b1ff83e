"""Reads an image of one face, from a file or bytes, in the format of a data set.

FER2013's own images are taken as they are. All others are resized as `mien predict --crops` does,
so that a face looks the same in training and in prediction.
"""

import warnings
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.errors import MediaError
from mien.inference.crop import resize_crop
from mien.inference.media.images import open_image, read_frame
from mien.inference.model_card import FER2013_FORMAT, FaceFormat

_FORMATS = ("PNG", "JPEG", "WEBP", "BMP")


def read_face(path: Path, face_format: FaceFormat = FER2013_FORMAT) -> NDArray[np.uint8]:
    """Reads an image file of one face, upright, as uint8 of `face_format.shape`.

    Raises:
        MediaError: it cannot be read; the message names the file.
    """
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            open_image(path) as file,
            Image.open(file, formats=_FORMATS) as image,
        ):
            if _is_ready(image, face_format):
                return np.asarray(image)
    except Exception:  # noqa: S110 - read_frame handles any other image, or raises
        pass
    return resize_crop(read_frame(path).pixels, face_format)


def decode_face(data: bytes, face_format: FaceFormat = FER2013_FORMAT) -> NDArray[np.uint8]:
    """Decodes a PNG, JPEG, WebP or BMP of one face, upright, as uint8 of `face_format.shape`.

    Raises:
        MediaError: it cannot be decoded.
    """
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(BytesIO(data), formats=_FORMATS) as image,
        ):
            if _is_ready(image, face_format):
                return np.asarray(image)
            return resize_crop(read_frame(image).pixels, face_format)
    except Exception as error:  # decoders raise many kinds of error on damaged bytes
        raise MediaError(f"not a valid {', '.join(_FORMATS)}: {error}") from None


def _is_ready(image: Image.Image, face_format: FaceFormat) -> bool:
    mode, side = {"gray": "L", "rgb": "RGB"}[face_format.color], face_format.side
    return image.mode == mode and image.size == (side, side) and not image.getexif()
