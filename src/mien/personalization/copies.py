"""Samples that show one face twice."""

import numpy as np
from numpy.typing import NDArray

SAME_FACE = 0.7
"""The cosine of two embeddings from which they count as one face shown twice. Of FER2013's copies
19 in 20 lie above 0.78, with `default`; of two strangers' faces one pair in 200,000 lies above
0.7, with `small` one in 7,000."""


def find_groups(cosines: NDArray[np.float32]) -> NDArray[np.int64]:
    """Groups faces that are copies of each other, or of a common copy.

    Args:
        cosines: float32 (n, n), of their embeddings.

    Returns:
        int64 (n,), numbers from 0 without gaps.
    """
    same = cosines >= SAME_FACE
    np.fill_diagonal(same, True)  # an embedding of zeros is not like itself otherwise
    groups = np.arange(len(cosines))
    while True:
        joined = np.where(same, groups, len(groups)).min(axis=1, initial=len(groups))
        if (joined == groups).all():
            return np.unique(groups, return_inverse=True)[1]
        groups = joined
