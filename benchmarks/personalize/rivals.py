"""Ways to learn from a user's samples, each with the strengths it may be tuned to."""

from collections.abc import Callable
from itertools import product

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS
from mien.personalization.adapter import fit, normalize, softmax, to_logits
from mien.personalization.samples import Samples

Array = NDArray[np.floating]
Answer = Callable[[Samples], Array]
"""From faces (their labels are not looked at) to probabilities (N, L)."""
Method = Callable[[Samples], Answer]
Covariance = Callable[[Samples, Samples], Array]


def methods(background: Samples) -> dict[str, dict[str, Method]]:
    """Returns each method's name, and for each strength by name the method at that strength.

    Args:
        background: everybody's faces; the prototypes are shrunk to the means of these.
    """
    variances = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
    return {
        "bias": {f"variance {v}": head(constant_covariance(v)) for v in variances},
        "linear head": {f"variance {v}": head(linear_covariance(v)) for v in variances},
        "confusion": {
            f"variance {v}, power {p}": head(confusion_covariance(v, p))
            for v, p in product(variances, (4, 8))
        },
        "prototypes": {
            f"strength {s}, worth {w}": prototypes(background, s, w)
            for s, w in product((4.0, 8.0, 16.0, 32.0), (1.0, 4.0, 16.0))
        },
        "likeness": {
            f"variance {v}, power {p}": head(likeness_covariance(v, p))
            for v, p in product((8.0, 24.0, 64.0), (1, 2, 3))
        },
        "likeness and confusion": {
            f"variances {s} and {v}, power {p}": head(both(s, v, p))
            for s, v, p in product((8.0, 24.0), (1.0, 2.5, 5.0, 10.0), (4, 8))
        },
    }


def head(covariance: Covariance) -> Method:
    """Kernel logistic regression with that covariance, centred on the base model's logits."""

    def learn(samples: Samples) -> Answer:
        offsets, everything = to_logits(samples.probabilities), np.ones((1, len(samples)), bool)
        (coefficients,) = fit(covariance(samples, samples), offsets, samples.labels, everything)
        return lambda faces: softmax(
            to_logits(faces.probabilities) + covariance(faces, samples) @ coefficients
        )

    return learn


def prototypes(background: Samples, strength: float, worth: float) -> Method:
    """Nearest means: a user's mean of an emotion is shrunk to everybody's, worth so many faces."""
    units, classes = normalize(background.embeddings), np.eye(len(EMOTIONS))
    everybody = np.stack(
        [units[background.labels == label].mean(axis=0) for label in range(len(EMOTIONS))]
    )

    def learn(samples: Samples) -> Answer:
        said = classes[samples.labels]
        sums = said.T @ normalize(samples.embeddings) + worth * everybody
        change = sums / (said.sum(axis=0) + worth)[:, None] - everybody
        return lambda faces: softmax(
            to_logits(faces.probabilities) + strength * normalize(faces.embeddings) @ change.T
        )

    return learn


def constant_covariance(variance: float) -> Covariance:
    return lambda faces, others: np.full((len(faces), len(others)), variance)


def linear_covariance(variance: float) -> Covariance:
    return lambda faces, others: (
        variance * (1 + 4 * normalize(faces.embeddings) @ normalize(others.embeddings).T)
    )


def confusion_covariance(variance: float, power: int) -> Covariance:
    return lambda faces, others: variance * _agreement(faces, others) ** power


def likeness_covariance(variance: float, power: int) -> Covariance:
    def covariance(faces: Samples, others: Samples) -> Array:
        cosines: Array = normalize(faces.embeddings) @ normalize(others.embeddings).T
        return variance * cosines**power

    return covariance


def both(likeness: float, confusion: float, power: int) -> Covariance:
    """The form of what ships, with these variances and that power of the agreement."""
    alike, answered = likeness_covariance(likeness, 2), confusion_covariance(confusion, power)
    return lambda faces, others: alike(faces, others) + answered(faces, others)


def _agreement(faces: Samples, others: Samples) -> Array:
    return np.sqrt(faces.probabilities) @ np.sqrt(others.probabilities).T
