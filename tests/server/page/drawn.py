"""Drawn faces, for pages that may show no photo, or whose pixels must not vary."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, ImageDraw

from mien.emotions import EMOTIONS

CAMERA_SIZE = (640, 360)
_SKINS = ("#f2c9a5", "#c68a5f", "#8d5a3b", "#e3b08a", "#a9714b")
_HAIR = ("#3b2a20", "#15110f", "#7a5230", "#5c5c66", "#a3402a")


def draw_face(size: tuple[int, int], centers: Sequence[float], seed: int = 0) -> Image.Image:
    """Returns an image with a face at each of `centers`, shares of its width."""
    width, height = size
    image = Image.new("RGB", size, ("#dfe7ec", "#efe6da", "#e2ecdf", "#e9e3f0")[seed % 4])
    pen = ImageDraw.Draw(image)
    for at, center in enumerate(centers):
        _draw(pen, center * width, height * 0.5, _radius(size, centers), seed + at)
    return image


def _radius(size: tuple[int, int], centers: Sequence[float]) -> float:
    return min(size[1] * 0.36, size[0] * 0.4 / max(len(centers), 1))


def _draw(pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, seed: int) -> None:
    def oval(dx: float, dy: float, rx: float, ry: float, fill: str) -> None:
        middle, below = x + dx * radius, y + dy * radius
        across, down = rx * radius, ry * radius
        pen.ellipse((middle - across, below - down, middle + across, below + down), fill=fill)

    skin, hair = _SKINS[seed % len(_SKINS)], _HAIR[seed % len(_HAIR)]
    oval(0, -0.15, 0.86, 1.02, hair)
    oval(0, 0.05, 0.74, 0.95, skin)
    for side in (-1, 1):
        oval(side * 0.3, -0.12, 0.13, 0.08, "#ffffff")
        oval(side * 0.3, -0.12, 0.06, 0.07, "#2b2320")
        oval(side * 0.3, -0.32, 0.17, 0.03, hair)
    oval(0, 0.2, 0.09, 0.12, "#b77b5a")
    box = [x - 0.34 * radius, y + 0.25 * radius, x + 0.34 * radius, y + 0.68 * radius]
    pen.arc(box, 20, 160, fill="#8f2f35", width=max(2, round(radius / 14)))


def encode(image: Image.Image) -> bytes:
    """Returns an image as a JPEG."""
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def answer(
    size: tuple[int, int], centers: Sequence[float], labels: Sequence[str], confidence: float = 0.82
) -> dict[str, Any]:
    """Returns what the server would answer for such an image, each face with a label."""
    radius = _radius(size, centers)
    faces = []
    for number, (center, label) in enumerate(zip(centers, labels, strict=True), 1):
        rest = (1 - confidence) / (len(EMOTIONS) - 1)
        probabilities = {name: confidence if name == label else rest for name in EMOTIONS}
        left, top = center * size[0] - 0.75 * radius, 0.5 * size[1] - 0.9 * radius
        faces.append(
            {
                "box": [round(value) for value in (left, top, 1.5 * radius, 1.9 * radius)],
                "score": 0.95,
                "landmarks": None,
                "emotion": label,
                "confidence": confidence,
                "probabilities": probabilities,
                "smoothed": probabilities,
                "person": number,
                "attributes": {},
                "face_id": f"drawn-{number}",
            }
        )
    width, height = size
    return {"source": None, "frame": 0, "time": 0, "width": width, "height": height, "faces": faces}


def write_camera(path: Path, people: int = 2) -> None:
    """Writes what Chromium's fake camera shows, over and over: drawn faces that stand still."""
    path.write_bytes(25 * encode(draw_face(CAMERA_SIZE, _spread(people))))


def write_video(path: Path, codec: str, pixels: str, seconds: float = 1, people: int = 2) -> None:
    """Writes a video of drawn faces that stand still."""
    drawn = np.asarray(draw_face(CAMERA_SIZE, _spread(people)))
    frame = av.VideoFrame.from_ndarray(drawn, format="rgb24")
    with av.open(path, "w") as out:
        stream = out.add_stream(
            codec, rate=25, width=CAMERA_SIZE[0], height=CAMERA_SIZE[1], pix_fmt=pixels
        )
        for number in range(round(25 * seconds)):
            still = frame.reformat(format=pixels)
            still.pts = number
            out.mux(stream.encode(still))
        out.mux(stream.encode(None))


def _spread(people: int) -> list[float]:
    return [(at + 0.5) / people for at in range(people)]
