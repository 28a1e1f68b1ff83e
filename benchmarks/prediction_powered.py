"""How well the intervals of prediction-powered inference hold, with FER+'s taggers as coders.

    python benchmarks/prediction_powered.py [--data FILE] [--studies N] [--coders 1|2] [--seed N]

A study is 2,000 faces of PublicTest, drawn with repeats: a thousand for each of two conditions, the
second with three times as many happy faces. A hundred are chosen as `mien.study.design` chooses
them, and each is coded by one or two taggers, drawn from those who voted on it. The truth is the
mean over all taggers and all faces of the study. Faces count as stretches of unknown people. The
model was chosen on this split and learned from the votes of the Training split. The form of the
interval was chosen with seed 0, so it is judged with others.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data import load_dataset
from mien.emotions import EMOTIONS, FERPLUS_CHOICES
from mien.inference.classifier import Classifier
from mien.study.design import (
    Share,
    draw_stretches,
    estimate_contrast,
    estimate_share,
    inclusion_probabilities,
)

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "fer2013" / "fer2013.parquet"
CHOICES = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
FACES, BUDGET = 1000, 100

Floats = NDArray[np.float64]


def load(data: Path) -> tuple[NDArray[np.int64], Floats]:
    """Returns the votes (N, 7) and the probabilities (N, 7) of faces with two votes or more."""
    faces = load_dataset(data).subset("PublicTest")
    columns = [FERPLUS_CHOICES.index(choice) for choice in CHOICES]
    assert faces.votes is not None
    votes = faces.votes[:, columns].astype(np.int64)
    kept = votes.sum(axis=1) >= 2
    return votes[kept], Classifier().predict(faces.images[kept]).probabilities.astype(np.float64)


def simulate(
    votes: NDArray[np.int64], model: Floats, coders: int, rng: np.random.Generator
) -> Floats:
    """Returns truth, and value, low and high of two methods, (4, 7, 7): figure, label, column.

    The figures are both conditions together, each condition, and their contrast.
    """
    happy = votes.argmax(axis=1) == EMOTIONS.index("happy")
    odds = np.where(happy, 3.0, 1.0)
    drawn = np.concatenate(
        [rng.integers(0, len(votes), FACES), rng.choice(len(votes), FACES, p=odds / odds.sum())]
    )
    condition = np.repeat([0, 1], FACES)
    shares = votes[drawn] / votes[drawn].sum(axis=1, keepdims=True)
    known = model[drawn]
    entropy = -(known * np.log(np.maximum(known, 1e-9))).sum(axis=1)
    chances = inclusion_probabilities(entropy, BUDGET)
    chosen = rng.permutation(draw_stretches(chances, condition.tolist(), rng))
    coded = rng.multivariate_hypergeometric
    codes = np.array([coded(votes[drawn[face]], coders) for face in chosen]) / coders
    return np.array(
        [
            _figures(shares[:, label], known[:, label], condition, chosen, codes[:, label], chances)
            for label in range(votes.shape[1])
        ]
    ).swapaxes(0, 1)


def _figures(
    truth: Floats,
    model: Floats,
    condition: NDArray[np.int64],
    chosen: NDArray[np.intp],
    codes: Floats,
    chances: Floats,
) -> list[list[float]]:
    rows: list[list[float]] = []
    methods: list[tuple[Share, Share]] = []
    for group in ((0, 1), (0,), (1,)):
        own = np.isin(condition, group)
        of = own[chosen]
        each = codes[of], chances[chosen[of]]
        powered = estimate_share(*each, model[chosen[of]], float(model[own].mean()))
        methods.append((estimate_share(*each), powered))
        rows.append([float(truth[own].mean()), *_flat(*methods[-1])])
    contrast = [estimate_contrast(methods[2][way], methods[1][way]) for way in (0, 1)]
    rows.append([rows[2][0] - rows[1][0], *_flat(*contrast)])
    return rows


def _flat(*shares: Share) -> list[float]:
    return [figure for it in shares for figure in (it.value, it.low, it.high)]


def print_table(found: Floats) -> None:
    """Prints coverage and widths of studies, (S, 4, 7, 7)."""
    studies = len(found)
    truth = found[..., 0]
    held = [(found[..., low] <= truth) & (truth <= found[..., low + 1]) for low in (2, 5)]
    width = [found[..., low + 1] - found[..., low] for low in (2, 5)]
    print(
        "| figure | label | truth | bias | coding alone holds | prediction-powered holds"
        " | its width to coding's |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for row, figure in enumerate(("share", "share, first", "share, second", "contrast")):
        for label in (*range(7), slice(None)):
            at = (slice(None), row, label)
            name = "all" if isinstance(label, slice) else EMOTIONS[label]
            per_study = np.array([w[at].reshape(studies, -1).mean(axis=1) for w in width])
            ratio = per_study[1] / per_study[0]
            error = 1.96 * ratio.std(ddof=1) / np.sqrt(studies)
            bias = (found[..., 4] - truth)[at].mean()
            print(
                f"| {figure} | {name} | {truth[at].mean():.3f} | {bias:+.4f} |"
                f" {held[0][at].mean():.1%} | {held[1][at].mean():.1%} |"
                f" {ratio.mean():.3f} ± {error:.3f} |"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--coders", type=int, choices=(1, 2), default=1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    votes, model = load(options.data)
    print(
        f"{options.studies:,} studies, {BUDGET} codes by {options.coders} each; "
        f"{len(votes):,} faces\n"
    )
    print_table(
        np.array([simulate(votes, model, options.coders, rng) for _ in range(options.studies)])
    )
