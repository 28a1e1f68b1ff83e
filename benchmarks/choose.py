"""The number that models are chosen by, on two sets at once, and what it is made of.

Usage: python benchmarks/choose.py FER2013 PHOTOS MODEL...
PHOTOS is the photos.parquet of scripts/cut_photos.py. Both are measured on PublicTest.

The number was written down before the training it was first used on: the mean of two sets' scores,
less twice their mean calibration error, all in percent. FER2013's score is the accuracy on faces
without a copy in Training; that of the photos is the mean of accuracy and mean recall. The
calibration error is that of answers calibrated without the face (five folds) where the model's card
has it.
"""

import sys
from dataclasses import dataclass

import numpy as np

from mien.data import load_dataset
from mien.data.dataset import FaceDataset
from mien.evaluation.evaluate import Evaluation, evaluate
from mien.evaluation.light import light_thirds
from mien.inference.classifier import Classifier

SPLIT = "PublicTest"
SOURCES = ("fer2013", "photos")


@dataclass(frozen=True)
class Measured:
    """A model on both sets."""

    fer2013: Evaluation
    photos: Evaluation

    @property
    def errors(self) -> list[float]:
        """The calibration error on each set."""
        pairs = zip(SOURCES, (self.fer2013, self.photos), strict=True)
        return [_held_out(evaluation, name) for name, evaluation in pairs]

    @property
    def number(self) -> float:
        """What the models are chosen by, in percent."""
        clean = self.fer2013.metrics.without_copies
        assert clean is not None
        photos = (self.photos.metrics.accuracy + self.photos.metrics.mean_recall) / 2
        return 100 * ((clean.accuracy + photos) / 2 - 2 * float(np.mean(self.errors)))


def _held_out(evaluation: Evaluation, source: str) -> float:
    figures = evaluation.card.figures.get("sources", {}).get(source, {})
    return float(figures.get("ece_held_out", evaluation.metrics.ece))


def row(name: str, model: Measured, photos: FaceDataset) -> str:
    """Returns a model's row of the table."""
    web, press = model.fer2013.metrics, model.photos.metrics
    assert web.without_copies is not None
    assert photos.people is not None
    cinema = np.char.startswith(photos.people, "film:")
    right = model.photos.probabilities.argmax(axis=1) == photos.labels
    light = light_thirds(photos.images[~cinema], right[~cinema], photos.labels[~cinema])
    assert light is not None
    people = model.photos.people
    assert people is not None
    low, high = people.accuracy_interval
    neutral = press.per_emotion["neutral"].recall or 0
    cells = [
        f"`{name}`",
        f"{model.number:.1f}",
        f"{web.accuracy:.1%}",
        f"{web.without_copies.accuracy:.1%}",
        f"{press.accuracy:.1%} ({low:.1%} to {high:.1%})",
        f"{right[~cinema].mean():.1%}",
        f"{right[cinema].mean():.1%}",
        f"{press.mean_recall:.1%}",
        f"{neutral:.1%}",
        f"{100 * light.gap:+.1f}",
        *(f"{error:.1%}" for error in model.errors),
    ]
    return f"| {' | '.join(cells)} |"


def main(fer2013: str, photos: str, *names: str) -> None:
    """Prints the table."""
    web, press = load_dataset(fer2013), load_dataset(photos)
    columns = "number | FER2013 | clean | press (95 % over people) | LFW | cinema | mean recall |"
    columns += " neutral | light - dark | ECE, FER2013 | ECE, press"
    print(f"| model | {columns} |")
    print("| --- " * 12 + "|")
    for name in names:
        classifier = Classifier(name)
        model = Measured(evaluate(classifier, web, SPLIT), evaluate(classifier, press, SPLIT))
        print(row(classifier.card.name, model, press.subset(SPLIT)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
