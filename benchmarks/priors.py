"""Whether a given prior keeps probabilities calibrated on faces that have it.

Usage: python benchmarks/priors.py FER2013 PHOTOS [MODEL...]
Faces of PublicTest are drawn anew, with replacement, so that all labels are equally common; labels
with fewer than 20 faces are left out, of the faces and of the prior.
"""

import sys

import numpy as np

from mien.data import load_dataset
from mien.data.dataset import FaceDataset
from mien.evaluation.metrics import compute_metrics
from mien.inference.classifier import Classifier

_DRAWS, _FEWEST = 4000, 20


def resample(faces: FaceDataset) -> tuple[FaceDataset, dict[str, float]]:
    """Returns faces with all labels equally common, and that prior."""
    counts = np.bincount(faces.labels, minlength=len(faces.names))
    prior = {name: float(n >= _FEWEST) for name, n in zip(faces.names, counts, strict=True)}
    weights = np.where(counts >= _FEWEST, 1 / np.maximum(counts, 1), 0)[faces.labels]
    drawn = np.random.default_rng(0).choice(len(faces), _DRAWS, p=weights / weights.sum())
    return faces.take(drawn), prior


def main(fer2013: str, photos: str, *names: str) -> None:
    """Prints the table."""
    print("| model | faces | assumed | accuracy | log loss | calibration error |")
    print("| --- | --- | --- | --- | --- | --- |")
    for path in (fer2013, photos):
        faces, prior = resample(load_dataset(path).subset("PublicTest"))
        for name in names or ("default",):
            for given in (None, prior):
                found = Classifier(name, prior=given).predict(faces.images).probabilities
                measured = compute_metrics(found, faces.labels)
                assumed = "equally common" if given else "as learned"
                figures = f"{measured.accuracy:.1%} | {measured.nll:.3f} | {measured.ece:.1%}"
                print(f"| `{name}` | {path.rpartition('/')[2]} | {assumed} | {figures} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
