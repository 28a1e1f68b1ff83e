"""Cuts the faces of labelled photos with Mien's own crop, and joins them with FER2013.

Usage: python scripts/cut_photos.py PHOTOS FER2013 OUT

PHOTOS is a Parquet file with the columns `person`, `usage` (Training or PublicTest), `emotion` and
`image`, and perhaps `name`; FER2013 a Parquet file with FER+ votes. OUT gets two Parquet files
that `mien train` and `mien evaluate` read: `photos.parquet`, the cut faces, and `together.parquet`,
FER2013 and the cut faces of the Training split. A cut face counts as ten votes for its label.
Photos without a detected face are counted, and listed in OUT/left_out.txt.
"""

import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from PIL import Image
from rich.progress import track

from mien.audit.labels import FERPLUS_COLUMNS
from mien.data.parquet import VOTES
from mien.errors import DataError
from mien.inference.crop import crop_face, to_gray
from mien.inference.detection.mtcnn import MTCNN


def main(photos: str, fer2013: str, out: str) -> None:
    """Writes both files."""
    rows = pq.read_table(photos).to_pylist()
    _check_people(rows, photos)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    cut = _cut_all(rows)
    faces = [face for face in cut if face is not None]
    if not faces:
        raise DataError("no photo has a face", subject=photos, remedy="give photos of faces")
    missed = [
        f"{number} {row.get('name', '')}".strip()
        for number, (row, face) in enumerate(zip(rows, cut, strict=True), 1)
        if face is None
    ]
    (folder / "left_out.txt").write_text("".join(f"row {line}\n" for line in missed), "utf-8")
    print(f"{len(missed)} of {len(rows)} photos are left out: no face detected; see left_out.txt")
    table = pa.Table.from_pylist(faces)
    pq.write_table(table, folder / "photos.parquet")
    fer = pq.read_table(fer2013, columns=["emotion", "usage", "image", *VOTES])
    learned = table.filter(pc.equal(table["usage"], "Training")).select(fer.column_names)
    pq.write_table(pa.concat_tables([fer, learned.cast(fer.schema)]), folder / "together.parquet")


def _check_people(rows: list[dict[str, Any]], source: str) -> None:
    """Refuses photos of one person in several splits.

    Raises:
        DataError: a person is in several splits.
    """
    splits: dict[str, str] = {}
    for row in rows:
        if splits.setdefault(row["person"], row["usage"]) != row["usage"]:
            raise DataError(
                f"{row['person']} is in several splits",
                subject=source,
                remedy="put all photos of a person into one split",
            )


def _cut_all(rows: list[dict[str, Any]]) -> list[dict[str, Any] | None]:
    detector = MTCNN()
    return [_cut(detector, row) for row in track(rows, description="cutting faces")]


def _cut(detector: MTCNN, row: dict[str, Any]) -> dict[str, Any] | None:
    """Returns the largest face of a photo as a row; None if there is none."""
    pixels = np.asarray(Image.open(BytesIO(row["image"])).convert("RGB"))
    found = detector.detect(pixels)
    if not found:
        return None
    largest = max(found, key=lambda face: face.box.width * face.box.height)
    png = BytesIO()
    Image.fromarray(crop_face(to_gray(pixels), largest.landmarks)).save(png, "PNG")
    votes = dict.fromkeys(VOTES, 0) | {VOTES[FERPLUS_COLUMNS[row["emotion"]]]: 10}
    kept = {key: row[key] for key in ("emotion", "usage", "person")}
    return kept | {"image": png.getvalue()} | votes


if __name__ == "__main__":
    main(*sys.argv[1:])
