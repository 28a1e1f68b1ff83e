"""The faces that were answered last, in memory, so that a client can speak of one again."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.inference.classifier import Prediction
from mien.results import FrameResult

KEPT = 8192
"""How many faces are kept: two minutes of two live clients with one face; 10 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class RecentFace:
    """What the model answered for one face.

    Attributes:
        embedding: float32 (D,).
        probabilities: seven.
        model: the model's name.
        model_version: the version of Mien that made the model.
    """

    embedding: NDArray[np.float32]
    probabilities: tuple[float, ...]
    model: str
    model_version: str


class RecentFaces:
    """Keeps the last faces under names that cannot be guessed. Safe to use from threads.

    Args:
        kept: how many.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._faces: OrderedDict[str, RecentFace] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, face: RecentFace) -> str:
        """Keeps a face and returns its name, the `face_id` of an answer."""
        name = secrets.token_urlsafe(12)
        with self._lock:
            self._faces[name] = face
            while len(self._faces) > self._kept:
                self._faces.popitem(last=False)
        return name

    def get(self, name: str) -> RecentFace | None:
        """Returns a face; None once others have taken its place."""
        with self._lock:
            return self._faces.get(name)


def match_embeddings(
    results: Sequence[FrameResult], prediction: Prediction
) -> list[list[NDArray[np.float32]]]:
    """Finds the embedding of every face, for results are sorted by the faces' size.

    Args:
        results: of one batch.
        prediction: what the classifier answered for all of that batch's faces.

    Returns:
        For each result the embeddings of its faces, in their order.
    """
    rows = map(tuple, prediction.probabilities.tolist())
    of = dict(zip(rows, prediction.embeddings, strict=True))
    return [[of[face.probabilities] for face in result.faces] for result in results]
