"""How well Mien agrees with a human tagger, beside one tagger with another, on FER+'s votes.

    python benchmarks/agreement.py [--data FILE] [--model NAME] [--write FOLDER]

Ten taggers an image voted for FER+ (Barsoum et al. 2016); who voted is not known, so a tagger is
any of the ten. Votes for contempt, for "unknown" and for "not a face" are missing; faces with fewer
than two others are left out. Mien's label is the most probable one, unsure or not. Faces of unknown
people: intervals are 95 %, by bootstrap over faces. The model was chosen on this split, and learned
from the votes of the Training split.

With --write, records and the codes of two taggers, drawn anew for each face, are written for
`mien agree FOLDER/records.csv FOLDER/first.csv FOLDER/second.csv`; each face counts as a person.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data import load_dataset
from mien.emotions import EMOTIONS, FERPLUS_CHOICES
from mien.inference.classifier import Classifier
from mien.inference.records import open_records
from mien.results import Box, Face, FrameResult
from mien.study.agreement.coefficients import gwet_ac1, krippendorff_alpha, percent_agreement
from mien.study.agreement.estimates import (
    Estimate,
    Pair,
    estimate,
    estimate_intraclass,
    frame_statistics,
    label_f1,
)
from mien.study.events import Event, write_events

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "fer2013" / "fer2013.parquet"
CHOICES = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
DRAWS = 2000
NAMES = {"agreement": "agreement", "kappa": "kappa", "ac1": "AC1", "alpha": "alpha"}

Floats = NDArray[np.float64]


def pair_taggers(votes: Floats) -> Floats:
    """Returns the confusion of two taggers of each face, drawn without replacement, (N, L, L)."""
    number = votes.sum(axis=1)[:, None, None]
    both = votes[:, :, None] * votes[:, None] - votes[:, :, None] * np.eye(votes.shape[1])
    return both / (number * (number - 1))


def pair_with(labels: NDArray[np.intp], votes: Floats) -> Floats:
    """Returns the confusion of a tagger of each face and a label, (N, L, L)."""
    shares = votes / votes.sum(axis=1, keepdims=True)
    return shares[:, :, None] * np.eye(votes.shape[1])[labels][:, None]


def halve(votes: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Deals each face's votes at random into two halves; returns the shares of each."""
    rng = np.random.default_rng(0)
    one = np.array([rng.multivariate_hypergeometric(row, row.sum() // 2) for row in votes])
    other = votes - one
    return one / one.sum(axis=1, keepdims=True), other / other.sum(axis=1, keepdims=True)


def write_study(folder: Path, votes: NDArray[np.int64], probabilities: Floats) -> None:
    """Writes records of the faces, and the codes of two taggers of each."""
    rng, box = np.random.default_rng(0), Box(0, 0, 48, 48)
    drawn = [rng.choice(np.repeat(np.arange(len(row)), row), 2, replace=False) for row in votes]
    names = [f"face {number}" for number in range(len(votes))]
    folder.mkdir(parents=True)
    with open_records(folder / "records.csv") as records:
        for name, row in zip(names, probabilities, strict=True):
            records.write(
                FrameResult(name, 48, 48, (Face(box=box, probabilities=tuple(row)),), 0, 0.0)
            )
    for tagger, coder in enumerate(("first", "second")):
        codes = [
            Event(0, code=EMOTIONS[pair[tagger]], recording=name)
            for name, pair in zip(names, drawn, strict=True)
        ]
        write_events(folder / f"{coder}.csv", codes)


def show(found: Estimate) -> str:
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


def print_pairs(pairs: list[Pair]) -> None:
    statistics = frame_statistics(len(EMOTIONS))
    print(f"| rater | {' | '.join(NAMES[name] for name in statistics)} |")
    print("| --- |" + " --- |" * len(statistics))
    taggers = pairs[0]
    for pair in pairs:
        cells = [show(estimate([pair], it, DRAWS)) for it in statistics.values()]
        print(f"| {pair.second} | {' | '.join(cells)} |")
    for pair in pairs[1:]:
        cells = [show(estimate([pair], it, DRAWS, [taggers])) for it in statistics.values()]
        print(f"| {pair.second}, less another tagger | {' | '.join(cells)} |")


def print_labels(pairs: list[Pair], votes: Floats, shares: tuple[Floats, Floats, Floats]) -> None:
    print("\n| label | votes | F1, tagger | F1, Mien | ICC(A,1), taggers | ICC(A,1), Mien |")
    print("| --- | --- | --- | --- | --- | --- |")
    half, other, mien = shares
    for place, label in enumerate(EMOTIONS):
        scores = [
            show(estimate([pair], lambda counts, at=place: label_f1(counts, at), DRAWS))
            for pair in pairs[:2]
        ]
        icc = [
            show(estimate_intraclass([np.stack([half, it], axis=2)[:, place, None]], DRAWS)[1])
            for it in (other, mien)
        ]
        share = votes[:, place].sum() / votes.sum()
        print(f"| {label} | {share:.1%} | {' | '.join([*scores, *icc])} |")


def main(data: Path, model: str, folder: Path | None) -> None:
    """Prints the tables."""
    faces = load_dataset(data).subset("PublicTest")
    columns = [FERPLUS_CHOICES.index(choice) for choice in CHOICES]
    every = faces.votes[:, columns].astype(np.int64)
    kept = every.sum(axis=1) > 1
    votes, faces = every[kept], faces.take(np.flatnonzero(kept))
    probabilities = Classifier(model).predict(faces.images).probabilities.astype(np.float64)
    if folder:
        write_study(folder, votes, probabilities)
    print(
        f"{len(votes):,} of {len(kept):,} faces of PublicTest, {votes.sum():,} votes; `{model}`\n"
    )
    pairs = [
        Pair("a tagger", "another tagger", pair_taggers(votes)),
        Pair("a tagger", "Mien", pair_with(probabilities.argmax(axis=1), votes)),
        Pair("a tagger", "FER2013's label", pair_with(faces.labels, votes)),
    ]
    print_pairs(pairs)
    print_labels(pairs, votes, (*halve(votes), probabilities))
    everybody = [
        f"{name} {statistic(votes):.3f}"
        for name, statistic in (
            ("agreement", percent_agreement),
            ("AC1", gwet_ac1),
            ("alpha", krippendorff_alpha),
        )
    ]
    print(f"\nAll taggers at once: {', '.join(everybody)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--model", default="default")
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    main(options.data, options.model, options.write)
