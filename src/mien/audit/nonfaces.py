"""Findings about images that show no face, or none to learn from."""

from collections.abc import Iterator

import numpy as np

from mien.data import FaceDataset
from mien.data.findings import Finding
from mien.emotions import FERPLUS_CHOICES

NEAR_CONSTANT = 5.0
"""Standard deviation, in gray values, below which an image is blank.

FER2013's darkest face that can still be made out has 9.1, its blank images 4.3 and less.
"""
NOT_A_FACE = 0.5
"""Share of the FER+ votes for "not a face" from which an image counts as none."""


def non_face_findings(data: FaceDataset) -> Iterator[Finding]:
    """Yields a finding for each image that is blank or that the FER+ voters call no face.

    The score is the share of those voters, or 1 for a blank image.

    Args:
        data: the data set; without votes, blank images alone are found.
    """
    spread = data.images.std(axis=tuple(range(1, data.images.ndim)), dtype=np.float32)
    share = np.zeros(len(data))
    if data.votes is not None:
        not_a_face = data.votes[:, FERPLUS_CHOICES.index("NF")]
        share = not_a_face / np.maximum(data.votes.sum(axis=1), 1)
    blank = spread < NEAR_CONSTANT
    for index in np.flatnonzero(blank | (share >= NOT_A_FACE)).tolist():
        reason = (
            f"blank: its gray values spread by {spread[index]:.1f} only"
            if blank[index]
            else f"{share[index]:.0%} of the FER+ voters saw no face, or none to judge"
        )
        score = 1.0 if blank[index] else float(share[index])
        split, label = str(data.splits[index]), data.names[data.labels[index]]
        yield Finding(index, split, label, "non_face", score, reason)
