"""The findings of an audit as weights of the training faces."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data import FaceDataset
from mien.data.findings import read_findings, weights_of
from mien.errors import RecipeError
from mien.training.recipe import TRAINING_SPLIT
from mien.training.settings import Curation


def curation_weights(
    settings: Curation, data: FaceDataset, audit: Path | None
) -> NDArray[np.float32] | None:
    """Returns how much the label of each face of the Training split counts.

    Args:
        settings: what each kind of finding weighs.
        data: the whole data set.
        audit: the file that `mien audit` wrote for it; None where there is none.

    Returns:
        float32 (N,) for the N faces of the Training split; None where all count alike.

    Raises:
        RecipeError: the recipe weighs findings, but there are none to read.
        DataError: the file cannot be read, or is of another data set.
    """
    factors = settings.model_dump(by_alias=True)
    if all(factor == 1 for factor in factors.values()):
        return None
    if audit is None:
        raise RecipeError(
            "the recipe's [curation] weighs what 'mien audit' finds",
            remedy="name its file with --audit DIR/audit.csv",
        )
    weights = weights_of(read_findings(audit, data.fingerprint, data.names), len(data), factors)
    learned: NDArray[np.float32] = weights[data.splits == TRAINING_SPLIT]
    return learned
