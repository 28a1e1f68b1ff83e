"""An image of one face, as a file or as bytes, to the 48x48 gray that Mien works on.

What FER2013 itself holds is taken as it is; all else goes the way that `mien predict --crops`
goes, so that a face looks the same in training and in use.
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
from mien.inference.model_card import FACE_SIZE

_FORMATS = ("PNG", "JPEG", "WEBP", "BMP")


def read_face(path: Path) -> NDArray[np.uint8]:
    """Reads an image file of one face as uint8 (48, 48), gray and upright.

    Raises:
        MediaError: it cannot be read; the message names the file.
    """
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            open_image(path) as file,
            Image.open(file, formats=_FORMATS) as image,
        ):
            if _is_ready(image):
                return np.asarray(image)
    except Exception:  # noqa: S110 - whatever is odd here, read_frame handles it or names it
        pass
    return resize_crop(read_frame(path).pixels)


def decode_face(data: bytes) -> NDArray[np.uint8]:
    """Decodes a PNG, JPEG, WebP or BMP of one face as uint8 (48, 48), gray and upright.

    Raises:
        MediaError: it cannot be decoded; the message says why, the caller knows where.
    """
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(BytesIO(data), formats=_FORMATS) as image,
        ):
            return np.asarray(image) if _is_ready(image) else resize_crop(read_frame(image).pixels)
    except Exception as error:  # decoders raise many kinds of error on damaged bytes
        raise MediaError(f"not a sound {', '.join(_FORMATS)}: {error}") from None


def _is_ready(image: Image.Image) -> bool:
    return image.mode == "L" and image.size == (FACE_SIZE, FACE_SIZE) and not image.getexif()
