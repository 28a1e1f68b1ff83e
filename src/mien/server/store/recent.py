"""The faces that were answered last, in memory, so that a client can speak of one again."""

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.personalization.models import ModelId

KEPT = 8192
"""How many faces are kept: two minutes of two live clients with one face; 30 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class RecentFace:
    """What the model itself answered for one face, before a profile changed it.

    Attributes:
        embedding: float32 (D,).
        probabilities: seven.
        model: which one it was.
        crop: uint8 (48, 48), what the model saw; None of a recorded face.
    """

    embedding: NDArray[np.float32]
    probabilities: tuple[float, ...]
    model: ModelId
    crop: NDArray[np.uint8] | None = None

    @property
    def row(self) -> NDArray[np.float32]:
        """The probabilities, float32 (7,)."""
        return np.array(self.probabilities, np.float32)


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
