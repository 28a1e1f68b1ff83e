"""Measures models on whole press photos of people they never saw, end to end.

Usage: python benchmarks/photos.py [DATA] [MODEL...]
Reads the PublicTest split of DATA/photos/faces.parquet. A photo without a detected face is wrong.
Intervals are by bootstrap over people.
"""

import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pyarrow.parquet import read_table

from mien.emotions import EMOTIONS
from mien.inference.classifier import Classifier
from mien.inference.crop import crop_face
from mien.inference.detection.detectors import open_detector

_RESAMPLES = 2000
_NEUTRAL = EMOTIONS.index("neutral")


def cut(rows: list[dict[str, Any]], models: dict[str, Classifier]) -> dict[str, list[Any]]:
    """Returns the crop of each photo's largest face for each model; None if none is detected."""
    detector, crops = open_detector(), {name: [] for name in models}
    for row in rows:
        pixels = np.asarray(Image.open(BytesIO(row["image"])).convert("RGB"))
        faces = detector.detect(pixels)
        largest = max(faces, key=lambda face: face.box.width * face.box.height, default=None)
        for name, model in models.items():
            crop = (
                None if largest is None else crop_face(pixels, largest.landmarks, model.card.face)
            )
            crops[name].append(crop)
    return crops


def predict(model: Classifier, crops: list[Any]) -> NDArray[np.int64]:
    """Returns the label of each crop; -1 if there is none."""
    found = np.array([crop is not None for crop in crops])
    labels = np.full(len(crops), -1)
    faces = np.stack([crop for crop in crops if crop is not None])
    labels[found] = model.predict(faces).probabilities.argmax(axis=1)
    return labels


def interval(right: NDArray[np.bool_], people: NDArray[np.str_]) -> NDArray[np.float64]:
    """Returns the 95 % interval of the share that is right, by bootstrap over people."""
    _, member = np.unique(people, return_inverse=True)
    photos, correct = np.bincount(member), np.bincount(member, right)
    draws = np.random.default_rng(0).integers(0, len(photos), (_RESAMPLES, len(photos)))
    shares = correct[draws].sum(axis=1) / photos[draws].sum(axis=1)
    return np.quantile(shares, (0.025, 0.975))


def main(data: str = "../shared/data", *names: str) -> None:
    """Prints the table."""
    source = Path(data, "photos", "faces.parquet")
    rows = read_table(source, filters=[("usage", "=", "PublicTest")]).to_pylist()
    models = {name: Classifier(name) for name in names or ("default", "small", "fer2013")}
    labels = np.array([row["emotion"] for row in rows])
    people = np.array([row["person"] for row in rows])
    film = np.char.startswith(people, "film:")
    print(f"{len(rows):,} photos of {len(np.unique(people))} people and films\n")
    print("| model | right, % (95 %) | mean recall, % | neutral, % | press, % | cinema, % |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, crops in cut(rows, models).items():
        right = predict(models[name], crops) == labels
        low, high = interval(right, people)
        recalls = [right[labels == label].mean() for label in range(len(EMOTIONS))]
        shares = (np.mean(recalls), recalls[_NEUTRAL], right[~film].mean(), right[film].mean())
        cells = " | ".join(f"{share:.1%}" for share in shares)
        print(f"| `{name}` | {right.mean():.1%} ({low:.1%} to {high:.1%}) | {cells} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
