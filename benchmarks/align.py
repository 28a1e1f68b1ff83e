"""Aligns FER2013's faces by their landmarks, and draws some before and after.

Usage: python benchmarks/align.py [DATA] [IMAGE]
Reads DATA/fer2013/fer2013.parquet, writes IMAGE (docs/alignment.png).
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mien.data import load_dataset
from mien.data.align import align
from mien.emotions import EMOTIONS
from mien.inference.alignment import Aligner

COLUMNS, GAP, ZOOM = 12, 2, 2
STEP = (48 + GAP) * ZOOM
Pixels = NDArray[np.uint8]


def marked(faces: Pixels) -> list[Image.Image]:
    """Enlarges faces and marks their landmarks."""
    points, _ = Aligner().find_landmarks(faces)
    tiles = enlarged(faces)
    for tile, landmarks in zip(tiles, points * ZOOM, strict=True):
        pen = ImageDraw.Draw(tile)
        for x, y in landmarks.tolist():
            pen.ellipse((x - 2, y - 2, x + 2, y + 2), fill="white", outline="black")
    return tiles


def enlarged(faces: Pixels) -> list[Image.Image]:
    """Enlarges faces."""
    side = 48 * ZOOM
    return [Image.fromarray(face).resize((side, side), Image.Resampling.NEAREST) for face in faces]


def contact_sheet(rows: list[list[Image.Image]]) -> Image.Image:
    """Lays images out in rows."""
    sheet = Image.new("L", (COLUMNS * STEP + GAP, len(rows) * STEP + GAP), "white")
    for row, tiles in enumerate(rows):
        for column, tile in enumerate(tiles):
            sheet.paste(tile, (GAP + column * STEP, GAP + row * STEP))
    return sheet


def main(data: str = "../shared/data", image: str = "docs/alignment.png") -> None:
    """Prints what was aligned, and writes the sheet: before, after; and what was left alone."""
    faces = load_dataset(Path(data, "fer2013", "fer2013.parquet")).subset("PublicTest")
    found, which = align(faces)
    print(f"PublicTest: {which.mean():.1%} of {len(faces):,} faces aligned")
    for index, emotion in enumerate(EMOTIONS):
        chosen = which[faces.labels == index]
        print(f"  {emotion}: {chosen.mean():.1%} of {len(chosen):,}")
    draw = np.random.default_rng(0)
    sound = draw.choice(np.flatnonzero(which), (2, COLUMNS), replace=False)
    left = draw.choice(np.flatnonzero(~which), COLUMNS, replace=False)
    rows = [
        tiles for one in sound for tiles in (marked(faces.images[one]), enlarged(found.images[one]))
    ]
    contact_sheet([*rows, marked(faces.images[left])]).save(image, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
