"""Why a face got its label: what happens when parts of it are hidden, and which faces it is like.

It looks at a model from outside, through its answers alone, so it works for every model file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from mien.inference.classifier import Classifier

_PATCH = 1 / 6
_STEP = 1 / 24
"""Side of the hidden patch, and how far apart patches lie, as shares of the face's side."""
_BLUR = 1 / 8
"""Standard deviation of the blur that hides, as a share of the side: it leaves light and shape of
the face, and no feature. Flat gray would be a feature of its own."""
_BANDS = {"eyes and brows": (0.0, 0.48), "nose and cheeks": (0.48, 0.68), "mouth": (0.68, 1.0)}
"""Where the crop has what, as shares of its height: it lies as FER2013's mean face."""
SIDE = 240
"""Of a drawn face, in pixels."""
_FOR, _AGAINST = (240, 110, 20), (30, 110, 220)
_OPACITY = 0.7
_STEPS = 24
_FLOOR = 1e-6


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why a face got a label.

    Attributes:
        label: that is explained.
        crop: the face, uint8 (S, S) or (S, S, 3).
        importance: float32 (S, S), by how many nats the label's log-odds fall where a patch about a
            pixel is hidden; below 0 where hiding makes the label more probable.
        alike: cosine of the face's embedding and the mean embedding of each label's faces, which
            the model file holds (Snell et al. 2017, "Prototypical Networks"); empty if it holds
            none.
    """

    label: str
    crop: NDArray[np.uint8]
    importance: NDArray[np.float32]
    alike: dict[str, float]

    @property
    def regions(self) -> dict[str, float]:
        """The share of the importance above 0 in each part of the face; all 0 if there is none."""
        positive = np.maximum(self.importance, 0).sum(axis=1)
        total = float(positive.sum()) or 1.0
        side = len(positive)
        return {
            name: float(positive[round(top * side) : round(bottom * side)].sum()) / total
            for name, (top, bottom) in _BANDS.items()
        }

    def to_dict(self) -> dict[str, Any]:
        """Returns plain values, ready for JSON; the map as rows of numbers."""
        return {
            "label": self.label,
            "regions": {name: round(share, 3) for name, share in self.regions.items()},
            "alike": {label: round(cosine, 3) for label, cosine in self.alike.items()},
            "importance": [[round(float(x), 3) for x in row] for row in self.importance],
        }

    def to_image(self) -> Image.Image:
        """Draws the map on the face: orange for the label, blue against it."""
        face = (
            Image.fromarray(self.crop).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        )
        largest = max(float(np.abs(self.importance).max()), _FLOOR)
        share = Image.fromarray(self.importance / largest)
        smooth = np.asarray(share.resize((SIDE, SIDE), Image.Resampling.BICUBIC))[..., None]
        color = np.where(smooth > 0, _FOR, _AGAINST)
        strength = _OPACITY * np.clip(np.abs(smooth), 0, 1)  # the face always shows through
        mixed = (1 - strength) * np.asarray(face) + strength * color
        return Image.fromarray(mixed.astype(np.uint8))


def explain(
    classifier: Classifier, crop: NDArray[np.uint8], label: str | None = None
) -> Explanation:
    """Explains the label of a cropped face.

    The occlusion map hides patch after patch (Zeiler and Fergus 2014, "Visualizing and
    Understanding Convolutional Networks"), here behind a blurred copy of the face. Some 440 patches
    are classified, which takes a fraction of a second.

    Args:
        classifier: the model.
        crop: uint8 of the model's `card.face.shape`.
        label: to explain; None for the most probable one.

    Raises:
        ValueError: the model has no such label.
    """
    labels = classifier.card.labels
    if label not in (None, *labels):
        raise ValueError(f"the model has no label '{label}'; choose from {', '.join(labels)}")
    prediction = classifier.predict(crop[None])
    index = int(prediction.probabilities[0].argmax()) if label is None else labels.index(label)
    return Explanation(
        labels[index],
        crop,
        occlusion_map(classifier, crop, index),
        _alike(classifier, prediction.embeddings[0]),
    )


def tile(explanations: Sequence[Explanation]) -> Image.Image:
    """Draws the faces of one image in a row, each above what speaks for its label."""
    image = Image.new("RGB", (SIDE * len(explanations), 2 * SIDE))
    for place, explanation in enumerate(explanations):
        face = Image.fromarray(explanation.crop).convert("RGB")
        image.paste(face.resize((SIDE, SIDE), Image.Resampling.BICUBIC), (place * SIDE, 0))
        image.paste(explanation.to_image(), (place * SIDE, SIDE))
    return image


def occlusion_map(
    classifier: Classifier, crop: NDArray[np.uint8], label: int
) -> NDArray[np.float32]:
    """Returns the importance of each pixel, float32 (S, S); see `Explanation`."""
    side = len(crop)
    patch, hidden = max(round(_PATCH * side), 1), _hidden(crop)
    starts = np.arange(0, side - patch + 1, max(round(_STEP * side), 1))
    corners = [(top, left) for top in starts for left in starts]
    faces = np.repeat(crop[None], len(corners), axis=0)
    for face, (top, left) in zip(faces, corners, strict=True):
        face[top : top + patch, left : left + patch] = hidden[
            top : top + patch, left : left + patch
        ]
    shares = classifier.predict(np.concatenate([crop[None], faces])).probabilities[:, label]
    drops = _log_odds(shares[:1]) - _log_odds(shares[1:])
    total, count = np.zeros((2, side, side))
    for drop, (top, left) in zip(drops, corners, strict=True):
        total[top : top + patch, left : left + patch] += drop
        count[top : top + patch, left : left + patch] += 1
    return (total / np.maximum(count, 1)).astype(np.float32)


def deletion(
    classifier: Classifier, crop: NDArray[np.uint8], label: int, importance: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Returns the label's probability as pixels are hidden, the most important first.

    A map that tells the truth makes it fall fast (Petsiuk et al. 2018, "RISE").

    Args:
        classifier: the model.
        crop: the face, uint8 of the model's `card.face.shape`.
        label: whose probability.
        importance: (S, S), by which pixels are ordered.

    Returns:
        float32 (25,), from no pixel hidden to all.
    """
    return _curve(classifier, crop, _hidden(crop), label, importance)


def insertion(
    classifier: Classifier, crop: NDArray[np.uint8], label: int, importance: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Returns the label's probability as pixels of a hidden face appear; see `deletion`."""
    return _curve(classifier, _hidden(crop), crop, label, importance)


def _curve(
    classifier: Classifier,
    before: NDArray[np.uint8],
    after: NDArray[np.uint8],
    label: int,
    importance: NDArray[np.floating],
) -> NDArray[np.float32]:
    """Returns the probability as one image turns into another, pixel by pixel."""
    order = np.argsort(-importance, axis=None, kind="stable")
    ranks = np.empty(order.size, np.int64)
    ranks[order] = np.arange(order.size)
    rank, faces = ranks.reshape(importance.shape), []
    for step in range(_STEPS + 1):
        changed = rank < round(step / _STEPS * order.size)
        faces.append(np.where(changed if before.ndim == 2 else changed[..., None], after, before))
    return classifier.predict(np.stack(faces)).probabilities[:, label]


def _hidden(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(crop).filter(ImageFilter.GaussianBlur(_BLUR * len(crop))))


def _log_odds(shares: NDArray[np.float32]) -> NDArray[np.float64]:
    kept = np.clip(shares.astype(np.float64), _FLOOR, 1 - _FLOOR)
    odds: NDArray[np.float64] = np.log(kept / (1 - kept))
    return odds


def _alike(classifier: Classifier, embedding: NDArray[np.float32]) -> dict[str, float]:
    card = classifier.card
    if not card.prototypes:
        return {}
    prototypes = np.array(card.prototypes)
    lengths = np.linalg.norm(prototypes, axis=1) * np.linalg.norm(embedding)
    cosines = prototypes @ embedding / np.maximum(lengths, _FLOOR)
    return dict(zip(card.labels, cosines.tolist(), strict=True))
