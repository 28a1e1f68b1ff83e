"""Simulated users, drawn from the faces of PublicTest."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data import load_dataset
from mien.data.duplicates import find_copies, has_copy
from mien.emotions import EMOTIONS
from mien.inference.classifier import Classifier
from mien.personalization.adapter import normalize
from mien.personalization.samples import Samples

TAUGHT = 50
FACES = 100
"""Faces of a user: half to teach from, half never seen."""
STRANGERS = 500
_MISREAD = 0.8
_CONFUSIONS = (
    ("neutral", "sad"),
    ("fear", "surprise"),
    ("sad", "neutral"),
    ("angry", "sad"),
    ("fear", "sad"),
    ("fear", "neutral"),
    ("angry", "neutral"),
    ("sad", "fear"),
    ("sad", "angry"),
    ("happy", "neutral"),
)

Indices = NDArray[np.int64]
Faces = NDArray[np.uint8]
Draw = Callable[[Samples, np.random.Generator], Indices]


@dataclass(frozen=True, eq=False)
class User:
    """The faces of one user: what they teach, what is asked of them later, everybody else's.

    The labels of `taught` are what the user says; those of the others are FER2013's.
    """

    taught: Samples
    unseen: Samples
    strangers: Samples


def load_pool(data: Path, model: str) -> tuple[Samples, Faces]:
    """Returns one face of each photo of PublicTest that has no copy among the training faces.

    Returns:
        What the model sees of them, and their pixels, (N, 48, 48).
    """
    everything = load_dataset(data)
    faces = everything.subset("PublicTest")
    first = find_copies(faces.images).groups == np.arange(len(faces))
    kept = first & ~has_copy(faces.images, everything.subset("Training").images)
    return see(model, faces.images[kept], faces.labels[kept]), faces.images[kept]


def see(model: str, faces: Faces, labels: Indices) -> Samples:
    """Returns what a model sees of faces."""
    answer = Classifier(model).predict(faces)
    return Samples(answer.embeddings, answer.probabilities, labels)


def split_pool(count: int, rng: np.random.Generator) -> tuple[Indices, Indices]:
    """Returns two halves of so many faces: none to tune on is one to measure on."""
    order = rng.permutation(count)
    return order[::2], order[1::2]


def draw_users(
    draw: Draw, pool: Samples, count: int, rng: np.random.Generator, taught_as: Draw | None = None
) -> list[User]:
    """Draws users; `taught_as` gives the labels they say for their faces, FER2013's if None."""
    users = []
    for _ in range(count):
        own = rng.permutation(draw(pool, rng))
        others = rng.permutation(np.setdiff1d(np.arange(len(pool)), own))[:STRANGERS]
        taught = pool.take(own[:TAUGHT])
        if taught_as is not None:
            taught = Samples(taught.embeddings, taught.probabilities, taught_as(taught, rng))
        users.append(User(taught, pool.take(own[TAUGHT:]), pool.take(others)))
    return users


def misread(pool: Samples, rng: np.random.Generator) -> Indices:
    """Half of the user's faces show two emotions that the model reads as another, 8 in 10 times."""
    while True:
        pairs = [_CONFUSIONS[index] for index in rng.choice(len(_CONFUSIONS), 2, replace=False)]
        if pairs[0][0] != pairs[1][0]:
            break
    answer, half = pool.probabilities.argmax(axis=1), []
    for shown, seen in pairs:
        faces = pool.labels == EMOTIONS.index(shown)
        wrong = answer == EMOTIONS.index(seen)
        chosen = _some(np.flatnonzero(faces & wrong), int(FACES / 4 * _MISREAD), rng)
        right = int(len(chosen) * (1 - _MISREAD) / _MISREAD)
        half += [chosen, _some(np.flatnonzero(faces & (answer == pool.labels)), right, rng)]
    others = ~np.isin(pool.labels, [EMOTIONS.index(shown) for shown, _ in pairs])
    own = np.concatenate(half)
    return np.concatenate([own, _some(np.flatnonzero(others), FACES - len(own), rng)])


def alike(pool: Samples, rng: np.random.Generator) -> Indices:
    """The faces whose centred embeddings lie nearest to one face's, drawn at random."""
    units = normalize(pool.embeddings - pool.embeddings.mean(axis=0))
    return np.argsort(-(units @ units[rng.integers(len(pool))]))[:FACES]


def anyone(pool: Samples, rng: np.random.Generator) -> Indices:
    """Faces drawn at random."""
    return rng.permutation(len(pool))[:FACES]


def at_random(taught: Samples, rng: np.random.Generator) -> Indices:
    """Labels that have nothing to do with the faces."""
    return rng.integers(0, len(EMOTIONS), len(taught))


def half_wrong(taught: Samples, rng: np.random.Generator) -> Indices:
    """Labels of which every other one is another emotion, drawn at random."""
    wrong = (taught.labels + rng.integers(1, len(EMOTIONS), len(taught))) % len(EMOTIONS)
    return np.where(rng.random(len(taught)) < 0.5, wrong, taught.labels)


def next_emotion(taught: Samples, _: np.random.Generator) -> Indices:
    """Labels that are always the emotion after the right one: a consistent liar."""
    return (taught.labels + 1) % len(EMOTIONS)


def _some(candidates: Indices, count: int, rng: np.random.Generator) -> Indices:
    """Returns that many candidates at random, all where there are fewer."""
    return rng.permutation(candidates)[:count]
