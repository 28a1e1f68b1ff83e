"""Samples to learn from, made up: whitened embeddings, a little alike where they show the same."""

import numpy as np

from mien.emotions import EMOTIONS
from mien.personalization.adapter import softmax
from mien.personalization.learning import Samples

DIMENSIONS = 256
ANGRY, HAPPY, SAD, NEUTRAL = (EMOTIONS.index(one) for one in ("angry", "happy", "sad", "neutral"))


def draw(
    count: int, seed: int, says: int = NEUTRAL, seems: int = SAD, share: float = 0.5
) -> Samples:
    """Draws faces of a user; `share` of them show `says` and seem `seems` to the model.

    Two that show the same have a cosine of 0.2 or so, all others one of 0 or so.
    """
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(0).normal(0, 0.5, (len(EMOTIONS) + 1, DIMENSIONS))
    labels = rng.integers(0, len(EMOTIONS), count)
    misread = rng.random(count) < share
    labels[misread] = says
    answers = np.where(misread, seems, labels)
    logits = 2.5 * np.eye(len(EMOTIONS))[answers] + rng.normal(0, 0.4, (count, len(EMOTIONS)))
    places = centres[np.where(misread, len(EMOTIONS), labels)]
    embeddings = places + rng.normal(0, 1, (count, DIMENSIONS))
    return Samples(
        embeddings.astype(np.float32), softmax(logits).astype(np.float32), labels.astype(np.int64)
    )


def relabel(samples: Samples, labels: np.ndarray) -> Samples:
    """Returns the same faces with other labels."""
    return Samples(samples.embeddings, samples.probabilities, np.asarray(labels, np.int64))


def accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    return float((probabilities.argmax(axis=1) == labels).mean())
