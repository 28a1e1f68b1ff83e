"""How often the label of a still face changes under a camera's noise.

Usage: python benchmarks/still_face.py PHOTOS [MINUTES]
PHOTOS is the faces.parquet of press photos. Twelve faces of new people (PublicTest), two of each
label with many, drawn at random, stand beside each other in one video of ten minutes at ten frames
a second, made in memory: every frame has new sensor noise, a slow drift of the light, and a sway of
a pixel. The whole pipeline runs: detection, tracking, smoothing, the held label. Of a still face
every change of the label is flicker; the same with segments of `mien segments`.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track

from mien import Analyzer
from mien.emotions import EMOTIONS
from mien.inference.media.images import Frame
from mien.inference.records import open_records, read_records
from mien.study.measures import measure
from mien.study.recording import split_records
from mien.study.segments import find_expressions

_RATE = 10
_SIDE, _COLUMNS = 160, 4
_NOISE, _DRIFT = 6.0, 8.0  # gray values: of a pixel, and of the light over minutes
_OF_EACH = {"angry": 2, "happy": 3, "sad": 2, "surprise": 2, "neutral": 3}


def draw_faces(photos: Path, rng: np.random.Generator) -> NDArray[np.float64]:
    """Returns an image of faces beside each other, (H, W, 3)."""
    rows = pq.read_table(photos).to_pylist()
    new = [row for row in rows if row["usage"] == "PublicTest" and "film:" not in row["person"]]
    chosen = []
    for label, count in _OF_EACH.items():
        own = [row for row in new if row["emotion"] == EMOTIONS.index(label)]
        chosen += [own[at] for at in rng.permutation(len(own))[:count]]
    faces = [
        np.asarray(
            Image.open(io.BytesIO(row["image"])).convert("RGB").resize((_SIDE, _SIDE)), float
        )
        for row in chosen
    ]
    lines = [faces[at : at + _COLUMNS] for at in range(0, len(faces), _COLUMNS)]
    return np.concatenate([np.concatenate(line, axis=1) for line in lines])


def film(image: NDArray[np.float64], seconds: float, rng: np.random.Generator) -> Iterator[Frame]:
    """Yields the frames of a video of a still image."""
    phase = rng.uniform(0, 2 * np.pi, 3)
    for number in range(int(seconds * _RATE)):
        time = number / _RATE
        light = _DRIFT * np.sin(2 * np.pi * time / np.array([7.0, 41.0, 170.0]) + phase).mean()
        noise = rng.normal(0, _NOISE, image.shape)
        moved = np.roll(image, tuple(rng.integers(0, 2, 2)), (0, 1))
        pixels = np.clip(moved + light + noise, 0, 255).astype(np.uint8)
        yield Frame("still faces", pixels, number, time)


def main(photos: Path, minutes: float) -> None:
    rng = np.random.default_rng(0)
    image, seconds = draw_faces(photos, rng), 60 * minutes
    frames = track(film(image, seconds, rng), "frames", int(seconds * _RATE), transient=True)
    place = Path("still-face.csv")
    place.unlink(missing_ok=True)
    with open_records(place) as records:
        for result in Analyzer().stream(frames):
            records.write(result)
    (recording,) = split_records(read_records(place))
    place.unlink()
    changes, raw_changes = [], []
    for part in measure([recording]):
        label = part.track.rows.label
        raw = part.track.rows.raw.argmax(axis=1)
        changes.append(int((label[1:] != label[:-1]).sum()))
        raw_changes.append(int((raw[1:] != raw[:-1]).sum()))
        codes = part.track.rows.codes
        most = codes[int(np.bincount(label).argmax())]
        found = find_expressions(part)
        print(
            f"person {part.track.person}: in view {part.track.seconds.sum() / 60:.1f} min, {most}; "
            f"label changes {changes[-1]}, of single frames {raw_changes[-1]}; "
            f"segments {len(found)}"
        )
    per = 10 / minutes
    print(
        f"{len(changes)} still faces, {minutes:g} minutes: changes in ten minutes "
        f"{per * np.mean(changes):.2f} on average, {per * max(changes):.0f} at most; "
        f"of single frames {per * np.mean(raw_changes):.1f} on average"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 10)
