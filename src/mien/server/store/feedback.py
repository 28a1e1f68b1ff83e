"""What users say is on a face, kept as labelled embeddings for a model to learn from."""

import secrets
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS
from mien.personalization.corrections import ModelId
from mien.server.errors import ConflictError, NotFoundError
from mien.server.store.database import HIGHEST, Database
from mien.server.store.faces import pack, unpack

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


@dataclass(frozen=True, slots=True)
class Feedback:
    """One face that a user has labelled.

    Attributes:
        id: its number.
        created: seconds since 1970, UTC.
        label: one of `EMOTIONS`, the user's.
        probabilities: the model's, by emotion.
        model: the model's name.
        model_version: the version of Mien that made the model.
        session: where the face is from; None where it was not recorded, or is deleted.
        face: the number of its row there.
        picture: whether the user gave its image, too.
        profile: the number of the profile that learned it; None where none did.
        correction: its number there.
    """

    id: int
    created: float
    label: str
    probabilities: Mapping[str, float]
    model: str
    model_version: str
    session: int | None
    face: int | None
    picture: bool
    profile: int | None
    correction: int | None


_COLUMNS = (
    "id, created, label, probabilities, model, model_version, session, face, "
    "image IS NOT NULL AS image, profile, correction"
)


class FeedbackTable:
    """The table of feedback."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        label: str,
        seen: RecentFace,
        place: tuple[int, int] | None = None,
        image: bytes | None = None,
        learned: tuple[int, int] | None = None,
    ) -> Feedback:
        """Keeps a label; once this returns, it is on the disk.

        Args:
            label: one of `EMOTIONS`.
            seen: the face, as the model saw it.
            place: the session and the row of a recorded face.
            image: of the face, where the user wants it kept.
            learned: the profile that learned it, and its number there.
        """
        session, face = place or (None, None)
        profile, correction = learned or (None, None)
        with self._database.transaction() as write:
            row = write.execute(
                "INSERT INTO feedback (created, label, embedding, probabilities, model, "  # noqa: S608
                "model_version, session, face, image, profile, correction) "
                f"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING {_COLUMNS}",
                (
                    *(time.time(), label, seen.embedding.astype("<f4").tobytes()),
                    *(pack(seen.probabilities), seen.model.name, seen.model.version),
                    *(session, face, image, profile, correction),
                ),
            ).fetchone()
        return _feedback(row)

    def recorded_face(self, face: int) -> tuple[int, RecentFace]:
        """Returns the session of a recorded face, and what the model saw of it.

        Raises:
            NotFoundError: there is no such face.
            ConflictError: it was recorded without its embedding.
        """
        rows = self._database.rows(
            "SELECT session, vector, coalesce(base, probabilities), model, model_version, "
            "model_digest FROM faces JOIN sessions ON sessions.id = session "
            "LEFT JOIN embeddings ON face = faces.id "
            "WHERE faces.id = ? AND probabilities IS NOT NULL",
            (face,),
        )
        if not rows:
            raise NotFoundError(f"face {face}: no such face was recorded.")
        session, vector, probabilities, *model = rows[0]
        if vector is None:
            raise ConflictError(
                f"face {face}: was recorded without its embedding, so nothing can be learned of it."
            )
        embedding = np.frombuffer(vector, "<f2").astype(np.float32)
        return session, RecentFace(embedding, unpack(probabilities), ModelId(*model))

    def get(self, feedback: int) -> Feedback:
        """Returns one.

        Raises:
            NotFoundError: there is none of this number.
        """
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM feedback WHERE id = ?",  # noqa: S608
            (feedback,),
        )
        if not rows:
            raise NotFoundError(f"feedback {feedback}: there is none of this number.")
        return _feedback(rows[0])

    def list(self, before: int | None = None, limit: int = 50) -> list[Feedback]:
        """Returns feedback, the newest first; `before` is the last number of the page before."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM feedback WHERE id < ? ORDER BY id DESC LIMIT ?",  # noqa: S608
            (HIGHEST if before is None else before, limit),
        )
        return [_feedback(row) for row in rows]

    def counts(self) -> dict[str, int]:
        """Returns how many faces have each label, for all of `EMOTIONS`."""
        rows = self._database.rows("SELECT label, count(*) FROM feedback GROUP BY label")
        return dict.fromkeys(EMOTIONS, 0) | dict(map(tuple, rows))

    def delete(self, feedback: int) -> None:
        """Takes feedback back, for good.

        Raises:
            NotFoundError: there is none of this number.
        """
        with self._database.transaction() as write:
            if not write.execute("DELETE FROM feedback WHERE id = ?", (feedback,)).rowcount:
                raise NotFoundError(f"feedback {feedback}: there is none of this number.")
        self._database.forget()


def _feedback(row: sqlite3.Row) -> Feedback:
    values = dict(row)
    named = dict(zip(EMOTIONS, unpack(values.pop("probabilities")), strict=True))
    return Feedback(probabilities=named, picture=bool(values.pop("picture")), **values)
