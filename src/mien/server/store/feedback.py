"""Labels that users gave to faces.

A label that a profile learned is stored once, in the profile; the row here links to it and says
which face it is about. A label without a profile is stored here, with the face's embedding.
"""

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.emotions import EMOTIONS
from mien.errors import ProfileError
from mien.personalization.corrections import ModelId
from mien.personalization.errors import UnknownProfileError
from mien.personalization.store import Profiles
from mien.server.store.database import FILE_NAME, HIGHEST, Database
from mien.server.store.faces import pack, to_probabilities
from mien.server.store.recent import RecentFace
from mien.server.store.sessions import to_session
from mien.storage.errors import DamagedError, ItemConflictError, UnknownItemError
from mien.storage.rows import make, read_intact, reading, take


@dataclass(frozen=True, slots=True)
class Feedback:
    """One label that a user gave to a face.

    Attributes:
        id: its number.
        created: seconds since 1970, UTC.
        label: the user's.
        probabilities: the model's, by label.
        model: the model's name.
        model_version: the version of Mien that made the model.
        session: that has the face; None if it was not recorded, or the session is deleted.
        face: the number of the face's row there.
        picture: whether the user saved the face's image, too.
        profile: the id of the profile that learned it; None if none did.
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
    "id, created, label, probabilities, labels, model, model_version, session, face, "
    "picture IS NOT NULL AS picture, profile, correction"
)
_NO_COPY = (ProfileError, DamagedError, TypeError, ValueError)
_STORED_HERE = "label IS NOT NULL"


class FeedbackTable:
    """The table of feedback.

    Args:
        database: Studio's.
        profiles: that have the labels which a profile learned.
    """

    def __init__(self, database: Database, profiles: Profiles) -> None:
        self._database, self._profiles = database, profiles
        self._remove_copies()

    def add(
        self,
        label: str,
        face: RecentFace,
        place: tuple[int, int] | None = None,
        image: bytes | None = None,
    ) -> Feedback:
        """Stores a label that no profile learned; once this returns, it is on the disk.

        Args:
            label: one of `face.labels`.
            face: as the model predicted it.
            place: the session and the row of a recorded face.
            image: of the face, if the user wants it saved.
        """
        return self._insert(
            place,
            image,
            label=label,
            embedding=face.embedding.astype("<f4").tobytes(),
            probabilities=pack(face.probabilities),
            labels=json.dumps(face.labels),
            model=face.model.name,
            model_version=face.model.version,
        )

    def link(
        self,
        profile: int,
        correction: int,
        place: tuple[int, int] | None = None,
        image: bytes | None = None,
    ) -> Feedback:
        """Stores which face a correction of a profile is about.

        Args:
            profile: the id of the profile.
            correction: the correction's number there.
            place: as in `add`.
            image: as in `add`.

        Raises:
            UnknownProfileError: the profile was deleted meanwhile; nothing is stored.
        """
        return self._insert(place, image, profile=profile, correction=correction)

    def recorded_face(self, face: int) -> tuple[int, RecentFace]:
        """Returns the session of a recorded face, and what the model predicted for it.

        Raises:
            UnknownItemError: there is no such face.
            ItemConflictError: it was recorded without its embedding.
        """
        rows = self._database.rows(
            "SELECT session, vector, coalesce(base, probabilities) AS base FROM faces "
            "LEFT JOIN embeddings ON face = faces.id "
            "WHERE faces.id = ? AND probabilities IS NOT NULL "
            "AND session IN (SELECT id FROM sessions)",
            (face,),
        )
        if not rows:
            raise UnknownItemError(f"face {face} not found")
        found = rows[0]
        if found["vector"] is None:
            raise ItemConflictError(
                f"face {face} was recorded without its embedding, so nothing can be learned from it"
            )
        (row,) = self._database.rows("SELECT * FROM sessions WHERE id = ?", (found["session"],))
        session = to_session(row)
        model = ModelId(session.model, session.model_version, session.model_digest)
        with reading(FILE_NAME, f"face {face} of session {session.id}"):
            embedding = np.frombuffer(found["vector"], "<f2").astype(np.float32)
            probabilities = to_probabilities(found["base"], session.labels)
        return session.id, RecentFace(embedding, tuple(probabilities), model, labels=session.labels)

    def get(self, feedback: int) -> Feedback:
        """Returns one label.

        Raises:
            UnknownItemError: there is no such feedback, or its profile is deleted.
        """
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM feedback WHERE id = ?",  # noqa: S608
            (feedback,),
        )
        found = self._to_feedback(rows[0]) if rows else None
        if found is None:
            raise _unknown_feedback(feedback)
        return found

    def list(self, before: int | None = None, limit: int = 50) -> list[Feedback]:
        """Returns feedback, the newest first; the log names that whose rows are damaged.

        Args:
            before: the last number of the page before.
            limit: how many at most.
        """
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM feedback WHERE id < ? ORDER BY id DESC LIMIT ?",  # noqa: S608
            (HIGHEST if before is None else before, limit),
        )
        found = read_intact(rows, self._to_feedback)
        return [feedback for feedback in found if feedback is not None]

    def counts(self) -> dict[str, int]:
        """Returns how many faces have each label; FER2013's labels come first, also with none."""
        counts = Counter(dict.fromkeys(EMOTIONS, 0))
        rows = self._database.rows("SELECT label, profile, correction FROM feedback ORDER BY id")
        linked = {row["profile"] for row in rows if row["label"] is None}
        with reading(FILE_NAME, "a row of the table 'feedback'"):
            learned = {it: self._profiles.labels(take(it, int)) for it in linked}
            for row in rows:
                label = row["label"] or learned[row["profile"]].get(row["correction"])
                if label is not None:
                    counts[take(label, str)] += 1
        return dict(counts)

    def delete(self, feedback: int) -> None:
        """Permanently deletes feedback.

        Raises:
            UnknownItemError: there is no such feedback.
        """
        with self._database.transaction() as write:
            if not write.execute("DELETE FROM feedback WHERE id = ?", (feedback,)).rowcount:
                raise _unknown_feedback(feedback)
        self._database.forget()

    def delete_links(self, profile: int) -> None:
        """Deletes the links to a profile that is deleted."""
        with self._database.transaction() as write:
            write.execute(
                f"DELETE FROM feedback WHERE profile = ? AND NOT {_STORED_HERE}",  # noqa: S608
                (profile,),
            )

    def _insert(
        self, place: tuple[int, int] | None, image: bytes | None, **values: Any
    ) -> Feedback:
        session, face = place or (None, None)
        values |= {"created": time.time(), "session": session, "face": face, "picture": image}
        marks = ", ".join("?" * len(values))
        with self._database.transaction() as write:
            row = write.execute(
                f"INSERT INTO feedback ({', '.join(values)}) "  # noqa: S608
                f"VALUES ({marks}) RETURNING {_COLUMNS}",
                tuple(values.values()),
            ).fetchone()
            feedback = self._to_feedback(row)
            if feedback is None:
                raise UnknownProfileError("the profile was deleted meanwhile")
        return feedback

    def _to_feedback(self, row: sqlite3.Row) -> Feedback | None:
        """Reads a row; None if the correction that it links to is deleted."""
        values = dict(row)
        labels = values.pop("labels")
        with reading(FILE_NAME, f"feedback {row['id']}"):
            if values["label"] is None:
                return self._read_link(values)
            names = EMOTIONS if labels is None else tuple(json.loads(labels))
            probabilities = to_probabilities(row["probabilities"], names)
            values["probabilities"] = dict(zip(names, probabilities, strict=True))
            return make(Feedback, values)

    def _read_link(self, values: dict[str, Any]) -> Feedback | None:
        profile, number = (take(values[name], int) for name in ("profile", "correction"))
        try:
            correction = self._profiles.correction(profile, number).correction
        except UnknownProfileError:
            return None
        return make(
            Feedback,
            values
            | {
                "label": correction.label,
                "model": correction.model.name,
                "model_version": correction.model.version,
                "probabilities": dict(
                    zip(correction.labels, correction.probabilities.tolist(), strict=True)
                ),
            },
        )

    def _remove_copies(self) -> None:
        """Turns labels that earlier versions also stored here into links to their profile.

        A label that its profile does not have intact stays stored here, so nothing is lost.
        """
        rows = self._database.rows(
            f"SELECT id, label, embedding, profile, correction FROM feedback "  # noqa: S608
            f"WHERE profile IS NOT NULL AND {_STORED_HERE}"
        )
        copies = [(row["id"],) for row in rows if self._has_copy(row)]
        with self._database.transaction() as write:
            write.executemany(
                "UPDATE feedback SET label = NULL, embedding = NULL, probabilities = NULL, "
                "labels = NULL, model = NULL, model_version = NULL WHERE id = ?",
                copies,
            )

    def _has_copy(self, row: sqlite3.Row) -> bool:
        """Tells whether the profile has the same label of the same face, intact."""
        try:
            stored = self._profiles.correction(row["profile"], row["correction"]).correction
            embedding = np.frombuffer(row["embedding"], "<f4")
        except _NO_COPY:  # deleted or damaged: the row here is the only copy left
            return False
        return stored.label == row["label"] and np.array_equal(stored.embedding, embedding)


def _unknown_feedback(feedback: int) -> UnknownItemError:
    return UnknownItemError(f"feedback {feedback} not found")
