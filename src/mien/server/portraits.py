"""Images of a session's people and faces, cut from its saved video."""

from collections.abc import Sequence
from functools import lru_cache
from math import cos, radians

import numpy as np

from mien.results import Face
from mien.server.stills import cut_face, forget_faces
from mien.server.store import Store
from mien.server.store.faces import StoredFrame
from mien.server.store.people import Person, members_of
from mien.server.store.sessions import Session

THUMBNAIL = 96
"""The side of the image of a person, in pixels."""

CROP = 160
"""The side of the image of a face, in pixels."""

_CANDIDATES = 48  # faces of a person that are compared
_TRIES = 3  # of these are cut, until one can be
_ENOUGH = 96.0  # pixels of a face's side; a larger one is no better
_SHARP = 0.3  # as is usual; see docs/attributes.md


def cut_person(store: Store, session: Session, number: int) -> bytes | None:
    """Returns an image of a person, a JPEG; None without a saved video that can be read.

    Args:
        store: that has the session.
        session: with the person.
        number: the person id; those who were merged into it are the same person.
    """
    if session.film is None:
        return None
    best = _find_best(store, session, tuple(store.people.list(session.id)), number)
    images = (cut_stored(store, session, frame, THUMBNAIL) for frame in best)
    return next((image for image in images if image), None)


def cut_stored(store: Store, session: Session, frame: StoredFrame, side: int) -> bytes | None:
    """Returns the one face of a stored frame, as `cut_person` does."""
    if session.film is None:
        return None
    return cut_face(store.files.video(session.id), frame.time, frame.faces[0][1].box, side)


def forget_portraits() -> None:
    """Forgets all images, because a session is deleted."""
    _find_best.cache_clear()
    forget_faces()


@lru_cache(maxsize=256)
def _find_best(
    store: Store, session: Session, people: tuple[Person, ...], number: int
) -> tuple[StoredFrame, ...]:
    """Returns the faces that show a person best, of some that are spread over the time in view."""
    series = store.series.read(session)
    rows = series.row[np.isin(series.person, members_of(people, number))]
    frames = store.faces.some(session.id, rows[spread(len(rows), _CANDIDATES)].tolist())
    return tuple(sorted(frames, key=lambda frame: -rank_face(frame.faces[0][1]))[:_TRIES])


def rank_face(face: Face) -> float:
    """Returns how well a face shows its person: large, frontal, sharp and surely detected."""
    measured = face.attributes
    size = min(min(face.box.width, face.box.height) / _ENOUGH, 1.0)
    frontal = cos(radians(min(abs(measured.get("yaw", 0.0)), 90.0)))
    sharp = min(measured.get("sharpness", _SHARP) / _SHARP, 1.0)
    return size * frontal * sharp * (face.score or 1.0)


def spread(count: int, limit: int) -> Sequence[int]:
    """Returns places among `count`, `limit` at most, from the first to the last."""
    places = min(count, limit)
    return [round(at * (count - 1) / max(places - 1, 1)) for at in range(places)]
