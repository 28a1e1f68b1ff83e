"""Findings about labels that are likely wrong: by the voters, and by out-of-fold probabilities."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mien.data import FaceDataset
from mien.data.findings import Finding
from mien.emotions import FERPLUS_CHOICES

FERPLUS_COLUMNS = tuple(
    FERPLUS_CHOICES.index(name)
    for name in ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
)
"""For each emotion, its column among the FER+ votes."""

FEW_VOTES = 0.1
"""A label that more than this share of the voters chose is not doubted."""
MANY_VOTES = 0.8
"""The share of the votes from which another emotion convicts a label alone."""
HALF_OF_THE_VOTES = 0.5
"""The share of the votes from which another emotion does with confident learning's consent."""
SURE_LEAD = 0.5
"""The lead in probability from which confident learning convicts a label where nobody voted."""


def confident_suggestions(
    probabilities: NDArray[np.floating], labels: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Returns confident learning's true label of each face, or -1 where it has none.

    C. Northcutt, L. Jiang, I. Chuang, "Confident Learning: Estimating Uncertainty in Dataset
    Labels", 2021, equation 1: a face counts as an emotion where its probability reaches the mean
    of that emotion's probability over the faces labelled so; of several, the most probable. A
    face whose label is not that emotion is off the diagonal of the confident joint.

    Args:
        probabilities: (N, L), out of fold.
        labels: int64 (N,).

    Returns:
        int64 (N,).
    """
    thresholds = np.array(
        [
            probabilities[labels == emotion, emotion].mean() if emotion in labels else np.inf
            for emotion in range(probabilities.shape[1])
        ]
    )
    confident = np.where(probabilities >= thresholds, probabilities, -1.0)
    return np.where(confident.max(axis=1) >= 0, confident.argmax(axis=1), -1)


def wrong_label_findings(
    data: FaceDataset, probabilities: NDArray[np.floating] | None
) -> Iterator[Finding]:
    """Yields a finding for each label that the voters and the probabilities speak against.

    With votes, the label must have no more than `FEW_VOTES` of them, and another emotion either
    `MANY_VOTES`, or `HALF_OF_THE_VOTES` and confident learning's consent. Without votes,
    confident learning decides alone where the emotion that it holds true leads by `SURE_LEAD`.
    The score is the suggestion's lead over the label, in share of the votes where there are any,
    else in probability.

    Args:
        data: the data set.
        probabilities: (N, L), out of fold; None where no folds were trained.
    """
    rows, labels = np.arange(len(data)), data.labels
    confident = np.full(len(data), -1)
    if probabilities is not None:
        confident = confident_suggestions(probabilities, labels)
    votes = data.comparable_votes
    if votes is not None:
        shares = votes[:, FERPLUS_COLUMNS] / np.maximum(votes.sum(axis=1), 1)[:, None]
        suggested = shares.argmax(axis=1)
        enough = np.where(confident == suggested, HALF_OF_THE_VOTES, MANY_VOTES)
        found = (shares[rows, suggested] >= enough) & (shares[rows, labels] <= FEW_VOTES)
    elif probabilities is not None:
        shares, suggested = probabilities, confident
        lead = shares[rows, suggested] - shares[rows, labels]
        found = (confident >= 0) & (lead >= SURE_LEAD)
    else:
        return
    for index in np.flatnonzero(found).tolist():
        yield _finding(data, index, int(suggested[index]), shares[index], int(confident[index]))


def _finding(
    data: FaceDataset, index: int, suggested: int, shares: NDArray[np.floating], confident: int
) -> Finding:
    label = int(data.labels[index])
    lead = float(shares[suggested] - shares[label])
    by_votes = data.comparable_votes is not None
    source = "of the FER+ votes" if by_votes else "out-of-fold probability"
    consent = ", and so says confident learning" if confident == suggested else ""
    return Finding(
        index,
        str(data.splits[index]),
        data.names[label],
        "wrong_label",
        lead,
        f"{data.names[suggested]} has {shares[suggested]:.0%} {source}, {data.names[label]} "
        f"{shares[label]:.0%}{consent if by_votes else ''}",
        data.names[suggested],
    )
