"""Decoded images become upright RGB of 8 bits, in bands, so that memory stays bounded.

Beside the decoded image, only the result and a few bands are in memory: 3 bytes a pixel and some
tens of megabytes. Pillow's own conversions of a whole image take up to 28 bytes a pixel.
"""

from collections.abc import Callable, Iterator
from io import BytesIO

import numpy as np
from PIL import ExifTags, Image

from mien.inference.media.arrays import Pixels, find_white, scale_to_8_bits

_Convert = Callable[[Image.Image], Pixels]

_BAND = 2**20
"""The pixels that are converted at once; a band takes up to 32 bytes a pixel."""


def to_upright_rgb(image: Image.Image) -> Pixels:
    """Converts a Pillow image to RGB, turned as its EXIF orientation says.

    Transparent pixels are laid on white; deep grays are scaled as
    `mien.inference.media.arrays.to_8_bits` does; printing inks are converted by the image's own
    profile, where it has one.

    Returns:
        uint8 (H, W, 3).
    """
    image.load()
    turn = orientation(image)
    lies = turn in _LYING
    size = (image.width, image.height) if lies else (image.height, image.width)
    pixels = np.empty((*size, 3), np.uint8)
    target, convert = _as_stored(pixels, turn), _converter(image)
    top = 0
    for band in _bands(image):
        target[top : top + band.height] = convert(band)
        top += band.height
    return pixels


def orientation(image: Image.Image) -> int:
    """Returns an image's EXIF orientation, 1 to 8; 1, upright, where it states none."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # damaged EXIF raises many things, and the image itself is fine
        return 1


def lies(image: Image.Image) -> bool:
    """Returns whether an image becomes upright by a quarter turn."""
    return orientation(image) in _LYING


# EXIF orientations by how the stored image's rows and columns run on the upright one.
_LYING = (5, 6, 7, 8)  # its rows are columns
_UPWARD = (3, 4, 6, 7)
_LEFTWARD = (2, 3, 7, 8)


def _as_stored(pixels: Pixels, turn: int) -> Pixels:
    """Returns a view of upright pixels that has the rows and columns of the stored image."""
    if turn in _LYING:
        pixels = pixels.transpose(1, 0, 2)
    return pixels[:: -1 if turn in _UPWARD else 1, :: -1 if turn in _LEFTWARD else 1]


def _bands(image: Image.Image) -> Iterator[Image.Image]:
    """Yields an image's rows from the top, as images of about `_BAND` pixels."""
    rows = max(1, _BAND // max(1, image.width))
    if rows >= image.height:
        yield image
        return
    for top in range(0, image.height, rows):
        yield image.crop((0, top, image.width, min(top + rows, image.height)))


def _converter(image: Image.Image) -> _Convert:
    """Returns what converts a band of this image to RGB."""
    if image.mode.startswith("I") or image.mode == "F":
        white = find_white(np.asarray(band) for band in _bands(image))
        return lambda band: scale_to_8_bits(np.asarray(band), white)[..., np.newaxis]
    if image.has_transparency_data:
        return lambda band: np.asarray(_on_white(band.convert("RGBA")))
    if image.mode == "CMYK" and "icc_profile" in image.info:
        return _from_profile(image)
    return lambda band: np.asarray(band.convert("RGB"))


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _from_profile(image: Image.Image) -> _Convert:
    """Converts printing inks by the image's own profile; plainly, where that is broken."""
    from PIL import ImageCms  # noqa: PLC0415

    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(image.info["icc_profile"]))
        transform = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), "CMYK", "RGB")
    except (ImageCms.PyCMSError, OSError):
        return lambda band: np.asarray(band.convert("RGB"))
    return lambda band: np.asarray(ImageCms.applyTransform(band, transform))
