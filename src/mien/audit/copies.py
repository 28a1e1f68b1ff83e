"""Findings about copies of one photo, and copies with contradicting labels."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mien.data import FaceDataset
from mien.data.duplicates import Copies, likeness_of
from mien.data.findings import Finding

SURE_COPY = 0.955
"""The correlation from which copies may contradict each other.

Strangers who look alike seldom have one label, so they crowd among the near copies whose labels
differ: `docs/audit.md` tells how many were seen there.
"""


def copy_findings(data: FaceDataset, copies: Copies) -> Iterator[Finding]:
    """Yields a finding for each face that is a copy of an earlier one; its score is the likeness.

    Args:
        data: the data set.
        copies: of its faces.
    """
    for index in np.flatnonzero(copies.earlier >= 0).tolist():
        other, likeness = int(copies.earlier[index]), float(copies.likeness[index])
        exact = bool(copies.exact[index])
        how = "an exact copy" if exact else f"a near copy (correlation {likeness:.3f})"
        yield Finding(
            index,
            str(data.splits[index]),
            data.names[data.labels[index]],
            "copy",
            likeness,
            f"{how} of face {other} in {data.splits[other]}",
            other=other,
        )


def contradiction_findings(data: FaceDataset, copies: Copies) -> Iterator[Finding]:
    """Yields a finding for each face whose label its sure copies contradict.

    Where more than half of a group have one label, the others are found, and that label is
    suggested; where none has so many, all are found and nothing is suggested. The score is the
    likeness with the face that contradicts: the first of the group that has the suggested label,
    or any other label.

    Args:
        data: the data set.
        copies: of its faces.
    """
    groups = copies.linked(SURE_COPY)
    pairs = [
        (index, other, suggestion)
        for group in _disagreeing(groups, data.labels)
        for index, other, suggestion in _contradicted(group, data.labels)
    ]
    one, two = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    likeness = likeness_of(data.images[one], data.images[two])
    for (index, other, suggestion), like in zip(pairs, likeness.tolist(), strict=True):
        yield Finding(
            index,
            str(data.splits[index]),
            data.names[data.labels[index]],
            "contradiction",
            like,
            f"face {other} in {data.splits[other]} shows the same photo and is labelled "
            f"{data.names[data.labels[other]]}",
            None if suggestion is None else data.names[suggestion],
            other,
        )


def _disagreeing(
    groups: NDArray[np.int64], labels: NDArray[np.int64]
) -> Iterator[NDArray[np.int64]]:
    """Yields the members of each group that has more than one label, in their order."""
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order])) + 1
    for members in np.split(order, starts):
        if (labels[members] != labels[members[0]]).any():
            yield members


def _contradicted(
    group: NDArray[np.int64], labels: NDArray[np.int64]
) -> Iterator[tuple[int, int, int | None]]:
    """Yields a face, the one that contradicts it, and the label of more than half or None."""
    counts = np.bincount(labels[group])
    most = int(counts.argmax())
    majority = most if 2 * counts[most] > len(group) else None
    for index in group.tolist():
        if labels[index] == majority:
            continue
        opposed = labels[group] != labels[index] if majority is None else labels[group] == majority
        yield index, int(group[opposed][0]), majority
