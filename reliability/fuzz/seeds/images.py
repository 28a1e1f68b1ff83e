"""Small images of each format, in several modes, with metadata."""

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from mien.inference.media.images import register_heif
from reliability.fuzz.seeds import Seeds

_SIDE = 40


def picture(mode: str = "RGB", side: int = _SIDE) -> Image.Image:
    """Returns an image with edges and a gradient, in a mode of Pillow's."""
    across = np.linspace(0, 255, side, dtype=np.uint8)
    pixels = np.stack([np.tile(across, (side, 1)), np.tile(across[:, None], side)], axis=-1)
    pixels = np.concatenate([pixels, np.full((side, side, 1), 90, np.uint8)], axis=-1)
    pixels[side // 4 : side // 2, side // 4 : side // 2] = (240, 20, 20)
    return Image.fromarray(pixels).convert(mode)


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Returns an image's file."""
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # on its side
    exif[0x0132] = "2024:05:01 12:00:00"
    exif.get_ifd(0x8769).update({0x9003: "2024:05:01 12:00:00", 0x9011: "+02:00", 0x9291: "50"})
    return exif.tobytes()


def jpeg() -> Seeds:
    """Baseline, progressive, gray and CMYK, with EXIF and a comment."""
    return {
        "plain.jpg": encode(picture(), "JPEG"),
        "progressive.jpg": encode(picture(), "JPEG", progressive=True, exif=_exif()),
        "gray.jpg": encode(picture("L"), "JPEG", comment=b"a comment", restart_marker_rows=1),
        "cmyk.jpg": encode(picture("CMYK"), "JPEG", icc_profile=_profile()),
    }


def _profile() -> bytes:
    from PIL import ImageCms  # noqa: PLC0415

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = bytes(12)  # when it was made
    return bytes(profile)


def png() -> Seeds:
    """Each depth, a palette with transparency, text and EXIF, an animation."""
    frames = [picture().rotate(90 * turn) for turn in range(3)]
    return {
        "plain.png": encode(picture(), "PNG", exif=_exif()),
        "alpha.png": encode(picture("RGBA"), "PNG", dpi=(72, 72)),
        "palette.png": encode(picture("P"), "PNG", transparency=3),
        "deep.png": encode(picture("I;16"), "PNG"),
        "bits.png": encode(picture("1"), "PNG", icc_profile=_profile()),
        "moving.png": encode(frames[0], "PNG", save_all=True, append_images=frames[1:]),
    }


def webp() -> Seeds:
    """Lossy, lossless, animated."""
    frames = [picture().rotate(90 * turn) for turn in range(3)]
    return {
        "lossy.webp": encode(picture(), "WEBP", exif=_exif()),
        "lossless.webp": encode(picture("RGBA"), "WEBP", lossless=True),
        "moving.webp": encode(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
    }


def gif() -> Seeds:
    """One frame, and three with transparency."""
    frames = [picture("P").rotate(90 * turn) for turn in range(3)]
    return {
        "plain.gif": encode(picture("P"), "GIF"),
        "moving.gif": encode(
            frames[0], "GIF", save_all=True, append_images=frames[1:], transparency=1, loop=0
        ),
    }


def bmp() -> Seeds:
    """True colour, a palette, one bit."""
    return {f"{mode}.bmp": encode(picture(mode), "BMP") for mode in ("RGB", "P", "1", "RGBA")}


def tiff() -> Seeds:
    """Each kind of sample and of compression."""
    kinds = {
        "plain": ("RGB", None),
        "float": ("F", None),
        "deep": ("I;16", None),
        "int": ("I", "tiff_adobe_deflate"),
        "lzw": ("RGB", "tiff_lzw"),
        "jpeg": ("RGB", "jpeg"),
        "fax": ("1", "group4"),
        "lab": ("L", "packbits"),
    }
    return {
        f"{name}.tif": encode(picture(mode), "TIFF", compression=compression)
        for name, (mode, compression) in kinds.items()
    }


def heic() -> Seeds:
    """One image with EXIF and transparency, as phones write it."""
    register_heif()
    return {"plain.heic": encode(picture("RGBA"), "HEIF", exif=_exif(), quality=50)}


def avif() -> Seeds:
    """One image with EXIF, and one with transparency."""
    return {
        "plain.avif": encode(picture(), "AVIF", exif=_exif(), max_threads=1, speed=10),
        "alpha.avif": encode(picture("RGBA"), "AVIF", max_threads=1, speed=10),
    }
