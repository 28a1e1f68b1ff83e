"""A person's neutral face, as it is found in a stream and taken off what follows."""

from typing import Any

import numpy as np

from mien.emotions import EMOTIONS
from mien.study.baseline import Baseline, correct, logarithms
from mien.study.baseline import _expect as expect

_RATE, _FRAMES = 25, 120


def make() -> dict[str, Any]:
    """Returns a neutral face that looks sad, and other faces after its correction."""
    random = np.random.default_rng(18)
    logits = np.array([0, -2, -1, -2, 2, -2, 2.5]) + random.normal(0, 0.6, (_FRAMES, len(EMOTIONS)))
    neutral = _softmax(logits)
    seconds = _FRAMES / _RATE
    baseline = Baseline(logarithms(neutral).mean(axis=0), expect(EMOTIONS), seconds, "interval")
    faces = _softmax(random.normal(0, 2, (20, len(EMOTIONS))))
    return {
        "labels": EMOTIONS,
        "rate": _RATE,
        "neutral": neutral.tolist(),
        "looks": seconds,
        "weight": baseline.weight,
        "shift": baseline.shift.tolist(),
        "faces": faces.tolist(),
        "corrected": correct(faces, baseline).tolist(),
    }


def _softmax(
    logits: np.ndarray[Any, np.dtype[np.float64]],
) -> np.ndarray[Any, np.dtype[np.float64]]:
    powers = np.exp(logits)
    return np.asarray((powers / powers.sum(axis=1, keepdims=True)).round(6))
