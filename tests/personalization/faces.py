"""Simulated samples: whitened embeddings, slightly similar where they show the same."""

import numpy as np

from mien.emotions import EMOTIONS
from mien.personalization.adapter import softmax
from mien.personalization.samples import Samples

DIMENSIONS = 256
HAPPY, SAD, NEUTRAL = (EMOTIONS.index(label) for label in ("happy", "sad", "neutral"))


def draw_samples(
    count: int, seed: int, label: int = NEUTRAL, predicted: int = SAD, share: float = 0.5
) -> Samples:
    """Draws faces of a user; of a `share` of them `label` is right and `predicted` is predicted.

    Two faces of one label have a cosine of about 0.2, all others one of about 0.
    """
    rng = np.random.default_rng(seed)
    centers = np.random.default_rng(0).normal(0, 0.5, (len(EMOTIONS) + 1, DIMENSIONS))
    labels = rng.integers(0, len(EMOTIONS), count)
    misread = rng.random(count) < share
    labels[misread] = label
    predictions = np.where(misread, predicted, labels)
    logits = 2.5 * np.eye(len(EMOTIONS))[predictions] + rng.normal(0, 0.4, (count, len(EMOTIONS)))
    means = centers[np.where(misread, len(EMOTIONS), labels)]
    embeddings = means + rng.normal(0, 1, (count, DIMENSIONS))
    return Samples(
        embeddings.astype(np.float32), softmax(logits).astype(np.float32), labels.astype(np.int64)
    )


def relabel(samples: Samples, labels: np.ndarray) -> Samples:
    """Returns the same faces with other labels."""
    return Samples(samples.embeddings, samples.probabilities, np.asarray(labels, np.int64))


def accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    return float((probabilities.argmax(axis=1) == labels).mean())
