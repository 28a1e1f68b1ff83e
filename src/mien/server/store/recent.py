"""The latest faces, in memory: feedback on a face that is not recorded refers to them."""

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS
from mien.personalization.corrections import ModelId

KEPT = 8192
"""How many faces are kept: two minutes of two live clients with one face; 30 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class RecentFace:
    """What the model itself predicted for one face, before a profile changed it.

    Attributes:
        embedding: float32 (D,).
        probabilities: L of them.
        model: that predicted them.
        crop: uint8, as the model took it; None of a recorded face.
        labels: the model's L labels.
    """

    embedding: NDArray[np.float32]
    probabilities: tuple[float, ...]
    model: ModelId
    crop: NDArray[np.uint8] | None = None
    labels: tuple[str, ...] = EMOTIONS

    @property
    def row(self) -> NDArray[np.float32]:
        """The probabilities, float32 (L,)."""
        return np.array(self.probabilities, np.float32)


class RecentFaces:
    """Keeps the latest faces under ids that cannot be guessed. Safe to use from several threads.

    Args:
        kept: how many.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._faces: OrderedDict[str, RecentFace] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, face: RecentFace) -> str:
        """Keeps a face and returns its id, the `face_id` of an answer."""
        face_id = secrets.token_urlsafe(12)
        with self._lock:
            self._faces[face_id] = face
            while len(self._faces) > self._kept:
                self._faces.popitem(last=False)
        return face_id

    def get(self, face_id: str) -> RecentFace | None:
        """Returns a face; None once newer faces have replaced it."""
        with self._lock:
            return self._faces.get(face_id)
