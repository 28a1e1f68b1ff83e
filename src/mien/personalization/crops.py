"""The picture of a face that a user wants kept: the crop that the model saw, as PNG."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.errors import ProfileError
from mien.inference.contract import FACE_SIZE


def write_crop(crop: NDArray[np.uint8]) -> bytes:
    """Returns a crop, uint8 (48, 48), as the bytes of a PNG; nothing of it is lost."""
    buffer = io.BytesIO()
    Image.fromarray(crop).save(buffer, "PNG")
    return buffer.getvalue()


def read_crop(content: bytes) -> NDArray[np.uint8]:
    """Reads what `write_crop` gave.

    Raises:
        ProfileError: it is something else, or damaged.
    """
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            if image.size == (FACE_SIZE, FACE_SIZE) and image.mode == "L":
                return np.asarray(image)
    except (OSError, ValueError, SyntaxError):  # a damaged PNG raises any of these
        pass
    raise ProfileError("a kept picture is damaged.")
