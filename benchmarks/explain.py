"""Whether explanation maps are true: deletion and insertion, against the same maps elsewhere.

Usage: python benchmarks/explain.py PHOTOS [MODEL] [COUNT]
PHOTOS is the photos.parquet of scripts/cut_photos.py; faces of its PublicTest split are explained.
"""

import sys

import numpy as np

from mien.data import load_dataset
from mien.inference.classifier import Classifier
from mien.inference.explain import deletion, explain, insertion

_SHIFTS = 5


def main(photos: str, model: str = "default", count: str = "150") -> None:
    """Prints the mean probability over each curve, and how often the map beats a shifted one."""
    faces = load_dataset(photos).subset("PublicTest").images
    rng, classifier = np.random.default_rng(0), Classifier(model)
    chosen = rng.choice(len(faces), min(int(count), len(faces)), replace=False)
    rows: dict[str, list[tuple[float, float]]] = {"deletion": [], "insertion": []}
    for face in faces[chosen]:
        explanation = explain(classifier, face)
        label = classifier.card.labels.index(explanation.label)
        own = explanation.importance
        away = rng.integers(len(face) // 4, 3 * len(face) // 4, (_SHIFTS, 2))
        for name, curve in (("deletion", deletion), ("insertion", insertion)):
            ours, *others = (
                float(curve(classifier, face, label, importance).mean())
                for importance in (own, *(np.roll(own, tuple(by), (0, 1)) for by in away))
            )
            rows[name].append((ours, float(np.mean(others))))
    print(f"`{model}`, {len(chosen)} faces; the mean probability of the label over the curve\n")
    print("| curve | by the map | by the map shifted at random | the map is better |")
    print("| --- | --- | --- | --- |")
    for name, pairs in rows.items():
        ours, others = np.array(pairs).T
        better = ours < others if name == "deletion" else ours > others
        print(f"| {name} | {ours.mean():.3f} | {others.mean():.3f} | {better.mean():.0%} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
