"""Sessions and people as a page shows them: with images, sizes and a strip of labels."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from mien.server.store import Store
from mien.server.store.people import Person, find_roots, members_of
from mien.server.store.series import Summary
from mien.server.store.sessions import Session


@dataclass(frozen=True, slots=True)
class SessionEntry(Session):
    """A session with what a list of sessions shows.

    Attributes:
        people: how many there are, merged ones once.
        names: that people were given, merged ones once.
        strip: the most frequent label of each of equal slices of the session, 60 at most; null
            where nobody is in view. Empty until it is known.
        thumbnail: the path of an image of the person who is longest in view; null if there is none.
        bytes: about what it takes on the disk, videos included.
        film_bytes: of its videos on the disk; 0 if there is none.
        annotated: whether there is an annotated video.
    """

    people: int
    names: list[str]
    strip: list[str | None]
    thumbnail: str | None
    bytes: int
    film_bytes: int
    annotated: bool


@dataclass(frozen=True, slots=True)
class PersonEntry(Person):
    """A person with an image.

    Attributes:
        thumbnail: the path of an image; null if there is none.
    """

    thumbnail: str | None


def make_entries(store: Store, sessions: Collection[Session]) -> list[SessionEntry]:
    """Returns the entries of sessions, in their order."""
    ids = [session.id for session in sessions]
    # Before the people: a recording may gain some meanwhile, whom its summary must not lack.
    summaries = store.series.summaries(sessions)
    people, images = store.people.of(ids), dict[int, set[int]]()
    for of, person in store.thumbnails.of(ids):
        images.setdefault(of, set()).add(person)
    _, rows = store.sessions.totals()
    row_bytes = store.database.bytes / max(rows, 1)
    return [
        _entry(
            store,
            session,
            people.get(session.id, []),
            summaries.get(session.id, Summary()),
            images.get(session.id, set()),
            row_bytes,
        )
        for session in sessions
    ]


def list_people(store: Store, session: int) -> list[PersonEntry]:
    """Returns the people of a session, by person id.

    Raises:
        UnknownItemError: there is no such session.
    """
    found, people = store.sessions.get(session), store.people.list(session)
    images = {person for _, person in store.thumbnails.of([session])}
    return [
        PersonEntry(**_values(person), thumbnail=_thumbnail(found, person.number, people, images))
        for person in people
    ]


def _entry(
    store: Store,
    session: Session,
    people: Sequence[Person],
    summary: Summary,
    images: Collection[int],
    row_bytes: float,
) -> SessionEntry:
    annotated = _size(store.files.annotated(session.id))
    film_bytes = _size(store.files.video(session.id)) + annotated
    roots = find_roots(people)
    faces = dict.fromkeys(roots.values(), 0)
    for number, count in summary.faces.items():
        if number in roots:  # none is, if the session was deleted meanwhile
            faces[roots[number]] += count
    by_presence = sorted(faces, key=lambda root: -faces[root])
    paths = (_thumbnail(session, root, people, images) for root in by_presence)
    return SessionEntry(
        **_values(session),
        people=len(faces),
        names=[it.name for it in people if it.name and it.number in faces],
        strip=list(summary.strip),
        thumbnail=next((path for path in paths if path), None),
        bytes=film_bytes + round(row_bytes * (session.frames + session.faces)),
        film_bytes=film_bytes,
        annotated=annotated > 0,
    )


def _values(item: Session | Person) -> dict[str, Any]:
    """Returns the fields; `asdict` copies each value, which takes most of the time of a list."""
    return {field.name: getattr(item, field.name) for field in fields(item)}


def _thumbnail(
    session: Session, number: int, people: Sequence[Person], images: Collection[int]
) -> str | None:
    if session.film is None and not (images and set(members_of(people, number)) & set(images)):
        return None
    return f"/v1/sessions/{session.id}/people/{number}/thumbnail"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # none was saved, or it is being deleted
        return 0
