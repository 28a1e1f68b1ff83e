"""A user's corrections, made of numbers, with a model of 16-number embeddings."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS
from mien.inference.classifier import Classifier
from mien.personalization.corrections import Correction, ModelId
from mien.personalization.store import Profiles

MODEL = ModelId("tiny", "0", "f" * 64)
OTHER_MODEL = ModelId("tiny", "1", "e" * 64)
NEUTRAL = np.array([0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.7], np.float32)


def make_correction(
    seed: int, label: str = "happy", model: ModelId = MODEL, image: bytes | None = None
) -> Correction:
    """A face that the model predicts to be neutral; each seed is another face."""
    embedding = np.random.default_rng(seed).normal(size=16).astype(np.float32)
    return Correction(label, embedding, NEUTRAL, model, image, f"face {seed}")


def make_corrections(seeds: Sequence[int]) -> list[Correction]:
    """Faces of a user, each with one of the seven labels."""
    return [make_correction(seed, EMOTIONS[seed % len(EMOTIONS)]) for seed in seeds]


def stored_labels(profiles: Profiles, name: str = "Ada") -> list[tuple[int, str]]:
    """The numbers and labels of a profile's corrections."""
    return [(stored.number, stored.correction.label) for stored in profiles.corrections(name)]


def predict(profiles: Profiles, seed: int, name: str = "Ada") -> int:
    """The index of the label that is predicted for a face with a profile."""
    adapter, rows = profiles.adapter(name, MODEL), NEUTRAL[None]
    if adapter is not None:
        rows = adapter.adapt(rows, make_correction(seed).embedding[None])
    return int(rows.argmax())


def doubtful_crop(model: Path) -> NDArray[np.uint8]:
    """A crop, (48, 48), whose two most probable labels are close, so that a correction decides."""
    crops = np.random.default_rng(0).integers(0, 9, (500, 48, 48), np.uint8)  # dark: few are sure
    ranked = np.sort(Classifier(model).predict(crops).probabilities, axis=1)
    return crops[int((ranked[:, -1] - ranked[:, -2]).argmin())]
