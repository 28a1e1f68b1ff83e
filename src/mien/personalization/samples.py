"""What a user has corrected, as arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS
from mien.errors import ProfileError


@dataclass(frozen=True, eq=False)
class Samples:
    """A user's n labelled faces as the base model saw them, the oldest first.

    Attributes:
        embeddings: float32 (n, D).
        probabilities: float32 (n, 7), what the base model answered; rows sum to 1.
        labels: int64 (n,), what the user says, each an index into `EMOTIONS`.

    Raises:
        ProfileError: the arrays disagree in length, or hold what they may not.
    """

    embeddings: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        count, emotions = len(self.labels), len(EMOTIONS)
        if self.embeddings.ndim != 2 or len(self.embeddings) != count:
            raise ProfileError(
                f"embeddings must be ({count}, D), one for each label, got {self.embeddings.shape}"
            )
        if self.probabilities.shape != (count, emotions):
            raise ProfileError(
                f"probabilities must be ({count}, {emotions}), got {self.probabilities.shape}"
            )
        if not (np.isfinite(self.embeddings).all() and np.isfinite(self.probabilities).all()):
            raise ProfileError("embeddings and probabilities must be finite numbers")
        if count and (self.labels.min() < 0 or self.labels.max() >= emotions):
            raise ProfileError(f"labels must lie between 0 and {emotions - 1}")

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.integer]) -> "Samples":
        """Returns some samples, by a mask (n,) or by their indices."""
        return Samples(self.embeddings[chosen], self.probabilities[chosen], self.labels[chosen])
