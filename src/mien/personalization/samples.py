"""Corrections side by side: samples to learn from, duplicates, contradictions and copies."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.errors import ProfileError
from mien.personalization.corrections import Correction, StoredCorrection

COPY_COSINE = 0.7
"""The cosine of two embeddings from which their faces count as copies of one image. Of FER2013's
copies 19 in 20 lie above 0.78, with `default`; of two strangers' faces one pair in 200,000 lies
above 0.7, with `small` one in 7,000."""

# The distance of two embeddings up to which they are of the same face, of their length. Half
# floats, as which recorded faces are stored, are within half of it; two frames of a still face
# before one camera differ by a hundred times as much.
_SAME_FACE = 1e-3


@dataclass(frozen=True, eq=False)
class Samples:
    """A user's n labelled faces as arrays to learn from, the oldest first.

    Attributes:
        embeddings: float32 (n, D), of the model.
        probabilities: float32 (n, L), of the model; rows sum to 1.
        labels: int64 (n,), the user's, each an index into the model's L labels.

    Raises:
        ProfileError: the arrays disagree in length, or contain invalid values.
    """

    embeddings: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        count = len(self.labels)
        for name, values in (
            ("embeddings", self.embeddings),
            ("probabilities", self.probabilities),
        ):
            if values.ndim != 2 or len(values) != count:
                raise ProfileError(
                    f"{name} must be ({count}, N), a row for each label, got {values.shape}"
                )
        if not (np.isfinite(self.embeddings).all() and np.isfinite(self.probabilities).all()):
            raise ProfileError("embeddings and probabilities must be finite numbers")
        last = self.probabilities.shape[1] - 1
        if count and not 0 <= self.labels.min() <= self.labels.max() <= last:
            raise ProfileError(f"labels must lie between 0 and {last}")

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def of(cls, corrections: Sequence[Correction]) -> "Samples":
        """Returns corrections of one model as samples, in their order; one at least.

        Raises:
            ProfileError: they are of models with different labels or embeddings.
        """
        labels = corrections[0].labels
        lengths = {len(correction.embedding) for correction in corrections}
        if any(correction.labels != labels for correction in corrections) or len(lengths) > 1:
            raise ProfileError("the corrections are of models with different labels or embeddings")
        return cls(
            np.stack([correction.embedding for correction in corrections]),
            np.stack([correction.probabilities for correction in corrections]),
            np.array([labels.index(correction.label) for correction in corrections], np.int64),
        )

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.integer]) -> "Samples":
        """Returns some samples, by a mask (n,) or by their indices."""
        return Samples(self.embeddings[chosen], self.probabilities[chosen], self.labels[chosen])


@dataclass(frozen=True, slots=True)
class Comparison:
    """How new corrections compare with those stored, and with each other.

    Attributes:
        new: the indices of those to store.
        first: for each one, the index of the first correction of the same face; stored corrections
            are counted first.
        refused: why a correction is refused, by its index.
    """

    new: tuple[int, ...]
    first: tuple[int, ...]
    refused: dict[int, str]


def compare(stored: Sequence[StoredCorrection], added: Sequence[Correction]) -> Comparison:
    """Finds duplicates and contradictions among corrections that are to be added.

    A face that already has another label is refused; where two of those added contradict each
    other, both are. A face that already has the same label is not stored a second time.
    """
    known = [correction.correction.embedding for correction in stored]
    first = _first_of_same_face(known, [correction.embedding for correction in added])
    refused: dict[int, str] = {}
    for face in set(first):
        group = [i for i, other in enumerate(first) if other == face]
        labels = {added[i].label for i in group}
        if face < len(stored):
            wrong = [i for i in group if added[i].label != stored[face].correction.label]
            refused |= {i: _describe_conflict(added[i], stored[face]) for i in wrong}
        elif len(labels) > 1:
            refused |= {i: _describe_contradiction(added[i], labels) for i in group}
    new = tuple(i for i, face in enumerate(first) if face == i + len(stored) and i not in refused)
    return Comparison(new, first, refused)


def _describe_contradiction(added: Correction, labels: set[str]) -> str:
    names = " and ".join(sorted(labels))
    return f"{added.source} is labelled {names}; choose one label."


def _describe_conflict(added: Correction, stored: StoredCorrection) -> str:
    return (
        f"{added.source} is labelled {stored.correction.label} already, by correction "
        f"{stored.number}; undo that one first."
    )


def _first_of_same_face(
    stored: Sequence[NDArray[np.float32]], added: Sequence[NDArray[np.float32]]
) -> tuple[int, ...]:
    """Returns for each embedding added the index of the first, of all, that is of the same face."""
    if not added:
        return ()
    embeddings = np.stack([*stored, *added]).astype(np.float64)
    squares = (embeddings * embeddings).sum(axis=1)
    # One row at a time: all at once would take the square of their number in memory.
    return tuple(
        _first_like(embeddings, squares, row) for row in range(len(stored), len(embeddings))
    )


def _first_like(embeddings: NDArray[np.float64], squares: NDArray[np.float64], row: int) -> int:
    products = embeddings[: row + 1] @ embeddings[row]
    distances = squares[: row + 1] + squares[row] - 2 * products
    return int(np.argmax(distances <= _SAME_FACE**2 * squares[row]))


def group_copies(cosines: NDArray[np.floating]) -> NDArray[np.int64]:
    """Groups faces that are copies of each other, or of a common copy.

    Args:
        cosines: float32 (n, n), of their embeddings.

    Returns:
        int64 (n,), the number of each face's group; from 0, without gaps.
    """
    same = cosines >= COPY_COSINE
    np.fill_diagonal(same, True)  # an embedding of zeros is not like itself otherwise
    groups = np.arange(len(cosines))
    while True:
        joined = np.where(same, groups, len(groups)).min(axis=1, initial=len(groups))
        if (joined == groups).all():
            return np.unique(groups, return_inverse=True)[1]
        groups = joined
