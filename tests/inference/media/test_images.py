"""Images of every kind become upright RGB; what cannot is one MediaError."""

import io
import os
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from mien.errors import MediaError
from mien.inference.media import images as images_module
from mien.inference.media.images import find_images, read_frame

ORIENTATION = 0x0112


def gradient(height: int = 20, width: int = 30) -> NDArray[np.uint8]:
    """An image no turn or mirror of which equals another."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 255 // width, y * 255 // height, (x + y) * 2], axis=-1).astype(np.uint8)


def saved(image: Image.Image, path: Path, **options: object) -> NDArray[np.uint8]:
    image.save(path, **options)
    return read_frame(path).pixels


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".ppm", ".tga"])
def test_lossless_images_come_back_exactly(tmp_path: Path, suffix: str) -> None:
    pixels = saved(Image.fromarray(gradient()), tmp_path / f"image{suffix}")
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, gradient())


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".heic", ".avif", ".jp2"])
def test_lossy_images_come_back_nearly(tmp_path: Path, suffix: str) -> None:
    pillow_heif.register_heif_opener()
    pixels = saved(Image.fromarray(gradient(64, 96)), tmp_path / f"image{suffix}", quality=95)
    assert np.abs(pixels.astype(int) - gradient(64, 96)).mean() < 6


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".heic"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_applied(tmp_path: Path, suffix: str, orientation: int) -> None:
    pillow_heif.register_heif_opener()
    upright = Image.fromarray(gradient(64, 96))
    # What a camera stores is the upright image turned the other way.
    undo = {5: 5, 6: 8, 7: 7, 8: 6}.get(orientation, orientation)
    exif = Image.Exif()
    exif[ORIENTATION] = undo
    turned = upright.copy()
    turned.getexif()[ORIENTATION] = undo
    turned = ImageOps.exif_transpose(turned)
    exif[ORIENTATION] = orientation
    pixels = saved(turned, tmp_path / f"turned{suffix}", exif=exif.tobytes())
    assert pixels.shape == (64, 96, 3)
    assert np.abs(pixels.astype(int) - gradient(64, 96)).mean() < 12


@settings(max_examples=60)
@given(
    mode=st.sampled_from(["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "F"]),
    size=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    orientation=st.integers(0, 9),
)
def test_every_mode_size_and_orientation_is_rgb(
    mode: str, size: tuple[int, int], orientation: int
) -> None:
    image = Image.new("RGB", size, "orange").convert("L" if mode == "PA" else mode)
    image = image.convert("PA") if mode == "PA" else image
    image.getexif()[ORIENTATION] = orientation
    frame = read_frame(image)
    expected = size if orientation not in (5, 6, 7, 8) else size[::-1]
    assert frame.pixels.shape == (expected[1], expected[0], 3)
    assert frame.pixels.dtype == np.uint8
    assert frame.source == "<image>"


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits_are_scaled_not_clipped(tmp_path: Path, suffix: str) -> None:
    deep = np.linspace(0, 65535, 40 * 30).reshape(30, 40).astype(np.uint16)
    pixels = saved(Image.fromarray(deep), tmp_path / f"deep{suffix}")
    np.testing.assert_array_equal(pixels[..., 0], np.rint(deep / 257).astype(np.uint8))
    np.testing.assert_array_equal(pixels[..., 0], pixels[..., 2])


def test_sixteen_bit_pgm_is_scaled(tmp_path: Path) -> None:
    path = tmp_path / "deep.pgm"
    path.write_bytes(b"P5 2 1 65535\n" + struct.pack(">2H", 65535, 32896))
    assert read_frame(path).pixels[0, :, 0].tolist() == [255, 128]


@pytest.mark.parametrize(("white", "value"), [(1.0, 0.5), (255.0, 127.5), (65535.0, 32767.5)])
def test_float_grays_are_scaled(white: float, value: float) -> None:
    gray = Image.fromarray(np.array([[white, value, 0.0]], np.float32))
    assert read_frame(gray).pixels[0, :, 0].tolist() == [255, 128, 0]


def test_alpha_lies_on_white(tmp_path: Path) -> None:
    image = Image.new("RGBA", (3, 1), (0, 0, 0, 255))
    image.putpixel((1, 0), (0, 0, 0, 128))
    image.putpixel((2, 0), (0, 0, 0, 0))
    assert saved(image, tmp_path / "alpha.png")[0, :, 0].tolist() == [0, 127, 255]


def test_a_transparent_palette_colour_is_white(tmp_path: Path) -> None:
    image = Image.new("P", (2, 1), 0)
    image.putpalette([10, 20, 30, 200, 0, 0])
    image.putpixel((1, 0), 1)
    pixels = saved(image, tmp_path / "palette.gif", transparency=0)
    assert pixels[0].tolist() == [[255, 255, 255], [200, 0, 0]]


def test_an_animation_gives_its_first_frame(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "lime", "blue")]
    for suffix in (".gif", ".png", ".webp"):
        options = {"lossless": True} if suffix == ".webp" else {}
        path = tmp_path / f"animated{suffix}"
        pixels = saved(frames[0], path, save_all=True, append_images=frames[1:], **options)
        assert pixels[0, 0].tolist() == [255, 0, 0]


def test_cmyk_is_converted_plainly_without_a_profile(tmp_path: Path) -> None:
    pixels = saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), tmp_path / "inks.tif")
    assert pixels[0, 0].tolist() == [255, 0, 0]


def test_cmyk_follows_its_profile_and_survives_a_broken_one(tmp_path: Path) -> None:
    image = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    broken = saved(image, tmp_path / "broken.tif", icc_profile=b"not a profile")
    assert broken[0, 0].tolist() == [255, 0, 0]
    # A profile for another colour space cannot be used either.
    wrong = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert saved(image, tmp_path / "wrong.tif", icc_profile=wrong)[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("name", ["été.png", "写真.png", "😀 mine.png", "no suffix"])
def test_unicode_and_unusual_file_names_work(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(encoded(Image.fromarray(gradient()), "PNG"))
    assert read_frame(str(path)).source == str(path)


def test_a_name_that_is_not_unicode(tmp_path: Path) -> None:
    path = tmp_path / "bad\udcff.png"
    path.write_bytes(encoded(Image.fromarray(gradient()), "PNG"))
    np.testing.assert_array_equal(read_frame(path).pixels, gradient())


def test_a_very_wide_image_works(tmp_path: Path) -> None:
    assert saved(Image.new("L", (40_000, 30), 9), tmp_path / "wide.png").shape == (30, 40_000, 3)


def bomb(width: int, height: int) -> bytes:
    """A PNG that states a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(40_000, 40_000), (40_000, 3_001)])
def test_a_decompression_bomb_is_refused_before_decoding(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(bomb(*size))
    with pytest.raises(MediaError, match=r"bomb\.png: has more than 120 million pixels; make it"):
        read_frame(path)


def test_pillows_warning_is_not_passed_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)  # warns from 500 on, refuses from 1000 on
    with warnings.catch_warnings(record=True) as caught:
        assert saved(Image.fromarray(gradient()), tmp_path / "a.png").shape == (20, 30, 3)
    assert not caught


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"%PDF-1.7 and so on", "not an image"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "not an image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image"),
        (b"just text", "not an image"),
    ],
)
def test_a_file_that_is_not_an_image_is_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "file.jpg"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=message) as caught:
        read_frame(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).endswith(".")


def test_a_video_is_refused_as_an_image(shared: Path) -> None:
    with pytest.raises(MediaError, match="is a video; use stream"):
        read_frame(shared / "media" / "one_face.mp4")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no such file"):
        read_frame(tmp_path / "missing.jpg")
    with pytest.raises(MediaError, match="is a folder"):
        read_frame(tmp_path)
    with pytest.raises(MediaError):
        read_frame("nul\0byte.jpg")


def test_a_pipe_without_a_writer_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(MediaError, match="is a pipe; save the image to a file first"):
        read_frame(tmp_path / "pipe.jpg")


def test_a_file_without_read_permission_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(MediaError, match="may not be read"):
        read_frame(tmp_path / "secret.jpg")


WHOLE = {
    kind: encoded(Image.fromarray(gradient(40, 50)), kind)
    for kind in ("JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP", "TGA", "AVIF")
}


@settings(max_examples=150)
@given(data=st.data(), kind=st.sampled_from(sorted(WHOLE)))
def test_a_truncated_file_gives_an_image_or_one_error(data: st.DataObject, kind: str) -> None:
    content = WHOLE[kind][: data.draw(st.integers(0, len(WHOLE[kind]) - 1))]
    reads_or_refuses(content)


@settings(max_examples=150)
@given(data=st.data(), kind=st.sampled_from(sorted(WHOLE)))
def test_a_damaged_file_gives_an_image_or_one_error(data: st.DataObject, kind: str) -> None:
    content = bytearray(WHOLE[kind])
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
        content[at] = data.draw(st.integers(0, 255))
    reads_or_refuses(bytes(content))


def reads_or_refuses(content: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        # A damaged header may state a huge size.
        patch.setattr(images_module, "MAX_PIXELS", 1_000_000)
        patch.setattr(Path, "open", lambda *_: io.BytesIO(content))
        try:
            pixels = read_frame("damaged").pixels
        except MediaError:
            return
        assert pixels.ndim == 3
        assert pixels.dtype == np.uint8


def test_arrays_are_read_as_rgb() -> None:
    frame = read_frame(gradient())
    assert frame.source == "<array>"
    np.testing.assert_array_equal(frame.pixels, gradient())
    assert read_frame(frame) is frame


def test_a_folder_is_searched_recursively_and_sorted(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.PNG", "sub/c.heic", "notes.txt", "sub/movie.mp4"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    names = [path.relative_to(tmp_path).as_posix() for path in find_images(tmp_path)]
    assert names == ["a.PNG", "b.jpg", "sub/c.heic"]
    assert find_images(tmp_path / "notes.txt") == [tmp_path / "notes.txt"]


def test_a_folder_without_images_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no images in this folder"):
        find_images(tmp_path)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize(("enough", "part"), [(60_000, 2), (15_000, 4), (1, 8), (70_000, 1)])
def test_a_large_jpeg_is_decoded_smaller_where_that_is_enough(
    tmp_path: Path, orientation: int, enough: int, part: int
) -> None:
    path, exif = tmp_path / "photo.jpg", Image.Exif()
    exif[ORIENTATION] = orientation
    Image.fromarray(gradient(400, 602)).save(path, exif=exif, quality=95)
    whole, frame = read_frame(path), read_frame(path, enough)
    height, width = whole.pixels.shape[:2]
    assert (frame.size, whole.size) == ((width, height), (width, height))
    assert frame.pixels.shape[:2] == (-(-height // part), -(-width // part))
    assert frame.scale == pytest.approx((part, part), rel=0.01)
    expected = Image.fromarray(whole.pixels).resize(frame.pixels.shape[1::-1], Image.Resampling.BOX)
    assert np.abs(frame.pixels.astype(int) - np.asarray(expected)).mean() < 6
    if part == 1:
        assert frame.reread is None
    else:
        assert frame.reread is not None
        np.testing.assert_array_equal(frame.reread(1).pixels, whole.pixels)


def test_only_jpeg_is_decoded_smaller(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    Image.fromarray(gradient(400, 600)).save(path)
    assert read_frame(path, 1).pixels.shape == (400, 600, 3)


def test_a_photo_that_goes_away_while_it_is_read_is_one_error(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    Image.fromarray(gradient(400, 600)).save(path)
    frame = read_frame(path, 1)
    path.unlink()
    assert frame.reread is not None
    with pytest.raises(MediaError, match="no such file"):
        frame.reread(1)
