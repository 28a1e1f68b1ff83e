"""The shared images on which the browser is compared with Python, chosen by rule, not by result."""

import io
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any

import av
import pyarrow.parquet as pq
from PIL import Image

PRESS_PHOTOS, WEB_PHOTOS, CROPS = 100, 60, 34
MEDIA = ("one_face.jpg", "five_faces.jpg")
CLIP = Path("media", "one_face.mp4")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Photo:
    """An encoded image; `is_crop` where it is one face already."""

    name: str
    data: bytes
    is_crop: bool = False


def choose_photos(shared: Path) -> list[Photo]:
    """Returns images with at least 200 faces: press photos, web photos, FER2013's crops, media.

    Press photos and crops are PublicTest's, by turns of each label, first those that come first by
    name; web photos are every so many by name.
    """
    press = _read(shared / "photos" / "faces.parquet", "name", "PublicTest")
    crops = _read(shared / "fer2013" / "fer2013.parquet", "row", "PublicTest")
    web = _read(shared / "photos" / "scenes.parquet", "name")
    return [
        *(_to_photo(row, row["name"]) for row in islice(_by_turns(press), PRESS_PHOTOS)),
        *(_to_photo(row, row["name"]) for row in web[:: len(web) // WEB_PHOTOS][:WEB_PHOTOS]),
        *(_to_photo(row, f"fer2013 {row['row']}", True) for row in islice(_by_turns(crops), CROPS)),
        *(Photo(name, (shared / "media" / name).read_bytes()) for name in MEDIA),
    ]


def read_clip(shared: Path) -> Iterator[tuple[float, bytes]]:
    """Yields the time of each frame of the shared clip, and the frame as PNG."""
    with av.open(str(shared / CLIP)) as video:
        for frame in video.decode(video=0):
            file = io.BytesIO()
            Image.fromarray(frame.to_ndarray(format="rgb24")).save(file, "PNG", compress_level=1)
            assert frame.time is not None
            yield frame.time, file.getvalue()


def _read(path: Path, key: str, usage: str | None = None) -> list[Row]:
    """Reads the rows of one usage, ordered by `key`."""
    columns = [key, "emotion", "image", *(["usage"] if usage else [])]
    filters = [("usage", "==", usage)] if usage else None
    rows: list[Row] = pq.read_table(path, columns=columns, filters=filters).to_pylist()
    return sorted(rows, key=lambda row: row[key])


def _by_turns(rows: list[Row]) -> Iterator[Row]:
    """Yields the first row of each label, then the second of each, and so on."""
    labels: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        labels[row["emotion"]].append(row)
    turns = zip_longest(*(labels[label] for label in sorted(labels)))
    return (row for row in chain.from_iterable(turns) if row is not None)


def _to_photo(row: Row, name: str, is_crop: bool = False) -> Photo:
    image = row["image"]
    return Photo(name, image["bytes"] if isinstance(image, dict) else image, is_crop)
