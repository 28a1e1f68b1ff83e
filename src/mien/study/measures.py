"""What is measured of every record: quality, baseline, intensity, valence."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.study.recording import Track


@dataclass(frozen=True, eq=False)
class Measured:
    """A track with everything that is derived of its M records.

    Attributes:
        track: the records, with their name, conditions and events.
        usable: bool (M,); excluded records are not usable.
        reasons: object (M,) of strings: why a record is not usable; "" where it is.
        raw: float64 (M, L), the displayed probabilities, sums of 1.
        corrected: float64 (M, L), the same after the participant's baseline; equal to `raw` where
            there is none.
        intensity: float64 (M, L), each expression in units of the participant's own range, 0 to 1;
            NaN where the range is not known.
        valence: float64 (M,), from -1 to 1, of the corrected probabilities.
    """

    track: Track
    usable: NDArray[np.bool_]
    reasons: NDArray[np.object_]
    raw: NDArray[np.float64]
    corrected: NDArray[np.float64]
    intensity: NDArray[np.float64]
    valence: NDArray[np.float64]
