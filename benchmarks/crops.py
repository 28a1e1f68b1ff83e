"""Draws photo crops beside FER2013's faces, to see that they are cut alike.

Usage: python benchmarks/crops.py [DATA] [IMAGE]
Reads DATA/media/*.jpg and DATA/fer2013/fer2013.parquet, writes IMAGE (docs/crops.png).
"""

import io
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from mien.inference.crop import crop_face
from mien.inference.detection.mtcnn import MTCNN
from mien.inference.media.images import read_frame

COLUMNS, GAP, ZOOM = 6, 2, 2
FER2013_ROWS = 2


def photo_crops(folder: Path) -> list[NDArray[np.uint8]]:
    """Crops every face of every photo in a folder."""
    detector = MTCNN()
    frames = [read_frame(path).pixels for path in sorted(folder.glob("*.jpg"))]
    return [
        crop_face(pixels, face.landmarks) for pixels in frames for face in detector.detect(pixels)
    ]


def happy_faces(parquet: Path, count: int) -> list[NDArray[np.uint8]]:
    """Draws FER2013 faces at random from those that are happy, as most faces of the photos are."""
    table = pq.read_table(parquet, columns=["emotion", "image"], filters=[("emotion", "=", 3)])
    rows = np.random.default_rng(0).choice(len(table), count, replace=False)
    images = (table["image"][int(row)].as_py() for row in rows)
    return [np.asarray(Image.open(io.BytesIO(image))) for image in images]


def contact_sheet(faces: list[NDArray[np.uint8]]) -> Image.Image:
    """Lays faces out in rows."""
    step = 48 + GAP
    rows = -(-len(faces) // COLUMNS)
    sheet = Image.new("L", (COLUMNS * step + GAP, rows * step + GAP), "white")
    for index, face in enumerate(faces):
        row, column = divmod(index, COLUMNS)
        sheet.paste(Image.fromarray(face), (GAP + column * step, GAP + row * step))
    return sheet.resize((sheet.width * ZOOM, sheet.height * ZOOM), Image.Resampling.NEAREST)


def main(data: str = "../shared/data", image: str = "docs/crops.png") -> None:
    """Writes the sheet: first the photos' faces, then FER2013's."""
    crops = photo_crops(Path(data, "media"))
    others = happy_faces(Path(data, "fer2013", "fer2013.parquet"), FER2013_ROWS * COLUMNS)
    contact_sheet(crops + others).save(image, optimize=True)
    print(f"{image}: the first {len(crops)} faces are from photos, the others from FER2013")


if __name__ == "__main__":
    main(*sys.argv[1:])
