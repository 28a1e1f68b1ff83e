"""What clients send: small images and videos, and what only looks like them."""

import io
import random
import struct
import tempfile
import zlib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from PIL import Image

from mien.inference.media.video_writer import VideoWriter

VIDEO_FRAMES = 8
_SIDE = 128  # pixels of photos and videos


@dataclass(frozen=True)
class Media:
    """Encoded images and videos.

    Attributes:
        crops: of faces.
        photos: each with one face.
        bad: no images, or broken ones.
        video: of `VIDEO_FRAMES` frames.
        bad_videos: no videos, or broken ones.
    """

    crops: tuple[bytes, ...]
    photos: tuple[bytes, ...]
    bad: tuple[bytes, ...]
    video: bytes
    bad_videos: tuple[bytes, ...]


def make_media(seed: int) -> Media:
    """Makes all images and videos of a run from Studio's sample photos."""
    rng = random.Random(seed)
    samples = sorted(Path(str(files("mien.server"))).glob("page/sample/*-*.webp"))
    images = [Image.open(path).convert("RGB").resize((_SIDE, _SIDE)) for path in samples]
    middle = (_SIDE // 4, _SIDE // 8, 3 * _SIDE // 4, 5 * _SIDE // 8)
    photos = [encode(image, kind) for image in images for kind in ("JPEG", "PNG", "WEBP")]
    video = _make_video(images)
    return Media(
        crops=tuple(encode(image.crop(middle).resize((48, 48)), "JPEG") for image in images),
        photos=tuple(photos),
        bad=(*_damage(rng, photos), *_no_images()),
        video=video,
        bad_videos=(video[:500], video[: len(video) // 2], b"not a video", rng.randbytes(3000)),
    )


def encode(image: Image.Image, kind: str) -> bytes:
    """Encodes an image."""
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def _make_video(images: list[Image.Image]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.mp4")
        with VideoWriter(path) as writer:
            for frame in range(VIDEO_FRAMES):
                writer.write(frame / 10, np.asarray(images[frame % len(images)]))
        return path.read_bytes()


def _damage(rng: random.Random, images: list[bytes]) -> list[bytes]:
    """Cuts images off, and changes some of their bytes."""
    damaged = []
    for image in images:
        damaged.append(image[: rng.randrange(1, len(image))])
        changed = bytearray(image)
        for place in rng.sample(range(len(image)), 20):
            changed[place] = rng.randrange(256)
        damaged.append(bytes(changed))
    return damaged


def _no_images() -> list[bytes]:
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", len(header)) + b"IHDR" + header
    too_large = b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    return [b"\0", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", too_large, b"\xff" * 999]
