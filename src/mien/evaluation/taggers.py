"""How near a model comes to people: its log loss against votes, beside that of other people."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS, FERPLUS_CHOICES

_SPLITS = 20
_SMOOTHING = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0)
_NAMES = {
    "angry": "anger",
    "happy": "happiness",
    "sad": "sadness",
}


@dataclass(frozen=True)
class TaggerLoss:
    """Log loss against half of FER+'s ten taggers, in nats a vote.

    Attributes:
        n: how many faces have votes for the model's labels.
        model: of the model's probabilities.
        taggers: of the other half's votes, smoothed: so many votes are added to each label that the
            loss is least.
        smoothing: how many.
    """

    n: int
    model: float
    taggers: float
    smoothing: float


def tagger_loss(probabilities: NDArray[np.floating], votes: NDArray[np.uint8]) -> TaggerLoss | None:
    """Compares a model with half of the taggers, over 20 random halvings.

    Votes for contempt, for "unknown" and for "not a face" are left out, with the faces that have no
    others.

    Args:
        probabilities: (N, 7), in the order of `EMOTIONS`; rows sum to 1.
        votes: uint8 (N, 10), `FERPLUS_CHOICES`.

    Returns:
        None if no face has enough votes, or nobody ever disagrees: those are no ten taggers.
    """
    columns = [FERPLUS_CHOICES.index(_choice(label)) for label in EMOTIONS]
    counts = votes[:, columns].astype(np.int64)
    usable = counts.sum(axis=1) > 1
    if not (usable & ((counts > 0).sum(axis=1) > 1)).any():
        return None
    counts = counts[usable]
    logs = np.log(np.maximum(probabilities[usable].astype(np.float64), np.finfo(np.float64).tiny))
    rng = np.random.default_rng(0)
    halves = [_halve(counts, rng) for _ in range(_SPLITS)]
    taggers = {
        smoothing: np.mean([_loss(_log_shares(one, smoothing), other) for one, other in halves])
        for smoothing in _SMOOTHING
    }
    best = min(taggers, key=lambda smoothing: taggers[smoothing])
    model = float(np.mean([_loss(logs, other) for _, other in halves]))
    return TaggerLoss(len(counts), model, float(taggers[best]), best)


def _choice(label: str) -> str:
    """Returns what FER+ calls a label of FER2013."""
    known = {choice.casefold(): choice for choice in FERPLUS_CHOICES}
    return known[_NAMES.get(label, label)]


def _halve(
    counts: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Deals each face's votes at random into two halves; an odd vote goes to the second."""
    most, labels = int(counts.sum(axis=1).max()), counts.shape[1]
    each = np.full((len(counts), most), labels)  # the label of each vote; one more for no vote
    for row, face in zip(each, counts, strict=True):
        row[: face.sum()] = np.repeat(np.arange(labels), face)
    order = np.where(each < labels, rng.random(each.shape), 2.0).argsort(axis=1)
    dealt = np.take_along_axis(each, order, axis=1)
    first = np.arange(most) < counts.sum(axis=1, keepdims=True) // 2
    one = np.stack([((dealt == label) & first).sum(axis=1) for label in range(labels)], axis=1)
    return one, counts - one


def _log_shares(votes: NDArray[np.int64], smoothing: float) -> NDArray[np.float64]:
    smoothed = votes + smoothing
    logs: NDArray[np.float64] = np.log(smoothed / smoothed.sum(axis=1, keepdims=True))
    return logs


def _loss(logs: NDArray[np.float64], votes: NDArray[np.int64]) -> float:
    return float(-(votes * logs).sum() / votes.sum())
