"""Conversion in bands gives what Pillow gives of whole images, in bounded memory."""

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from mien.errors import MediaError
from mien.inference.media import conversion
from mien.inference.media.arrays import to_8_bits
from mien.inference.media.conversion import to_upright_rgb
from mien.inference.media.cost import check_bytes, decoded_bytes
from mien.inference.media.images import read_frame


@pytest.fixture(params=[400, 2**20], ids=["bands", "whole"])
def band(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversion, "_BAND", request.param)


def noise(channels: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (37, 53, channels), np.uint8).squeeze()


@pytest.mark.usefixtures("band")
@pytest.mark.parametrize("turn", range(10))
def test_orientations_are_pillows(turn: int) -> None:
    image = Image.fromarray(noise(3))
    image.getexif()[0x0112] = turn
    np.testing.assert_array_equal(to_upright_rgb(image), np.asarray(ImageOps.exif_transpose(image)))


@pytest.mark.usefixtures("band")
@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr", "LAB", "HSV"])
def test_modes_without_opacity_are_pillows(mode: str) -> None:
    space = Image.fromarray(noise(3))
    image = space if mode in ("LAB",) else space.convert(mode)
    np.testing.assert_array_equal(to_upright_rgb(image), np.asarray(image.convert("RGB")))


@pytest.mark.usefixtures("band")
@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_transparent_pixels_are_laid_on_white(mode: str) -> None:
    image = Image.fromarray(noise(4)).convert("LA").convert(mode)
    white = Image.new("RGBA", image.size, "white")
    expected = Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
    np.testing.assert_array_equal(to_upright_rgb(image), np.asarray(expected))


@pytest.mark.usefixtures("band")
@pytest.mark.parametrize(
    ("mode", "kind"), [("I;16", np.uint16), ("F", np.float32), ("I", np.int32)]
)
def test_deep_grays_share_one_white(mode: str, kind: type) -> None:
    values = np.linspace(0, 40_000, 37 * 53).reshape(37, 53).astype(kind)
    image = Image.fromarray(values)
    assert image.mode == mode
    found = to_upright_rgb(image)
    np.testing.assert_array_equal(found[..., 0], to_8_bits(values))
    np.testing.assert_array_equal(found[..., 0], np.rint(values * (255 / 65535.0)))
    assert (found == found[..., :1]).all()


@pytest.mark.usefixtures("band")
def test_printing_inks_with_a_broken_profile_are_converted_plainly() -> None:
    image = Image.fromarray(noise(3)).convert("CMYK")
    image.info["icc_profile"] = b"broken"
    np.testing.assert_array_equal(to_upright_rgb(image), np.asarray(image.convert("RGB")))
    image.info["icc_profile"] = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    np.testing.assert_array_equal(to_upright_rgb(image), np.asarray(image.convert("RGB")))


PEAK = """
import resource, sys
from mien.inference.media.images import read_frame
from pillow_heif import register_heif_opener
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
read_frame(sys.argv[1])
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss differs")
@pytest.mark.parametrize(
    ("mode", "kind", "how"),
    [
        ("F", "TIFF", {"compression": "tiff_deflate", "strip_size": 2**31 - 1}),
        ("I;16", "PNG", {}),
        ("RGBA", "PNG", {}),
        ("RGB", "JPEG", {"progressive": True, "subsampling": 0}),
        ("RGBA", "WEBP", {"lossless": True, "quality": 0, "method": 0}),
    ],
)
def test_memory_is_within_what_the_header_told(
    tmp_path: Path, mode: str, kind: str, how: dict[str, object]
) -> None:
    path = tmp_path / "image"
    Image.new(mode, (4000, 4000)).save(path, kind, **how)
    with Image.open(path) as image:
        told = decoded_bytes(image, image.size)
    ran = subprocess.run(
        [sys.executable, "-c", PEAK, str(path)], capture_output=True, text=True, check=True
    )
    assert int(ran.stdout) < told + 64 * 2**20


def test_an_image_that_takes_too_much_memory_is_refused() -> None:
    image = Image.new("RGB", (1000, 1000))
    check_bytes(image, image.size, 7 * 10**6)
    with pytest.raises(MediaError, match=r"takes more than 6 MiB of memory to decode; make it sma"):
        check_bytes(image, image.size, 7 * 10**6 - 1)


def test_a_small_tiff_with_a_huge_tile_is_refused_before_it_is_decoded() -> None:
    tile = zlib.compress(bytes(1000))
    tags = [
        *((256, 64), (257, 64), (258, 8), (259, 8), (262, 1), (277, 1)),
        *((322, 32768), (323, 32768), (324, 8), (325, len(tile))),
    ]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    header = struct.pack("<2sHI", b"II", 42, 8 + len(tile))
    data = header + tile + struct.pack("<H", len(tags)) + entries + bytes(4)
    with pytest.raises(MediaError, match=r"takes more than 1,024 MiB of memory to decode"):
        read_frame(data)
