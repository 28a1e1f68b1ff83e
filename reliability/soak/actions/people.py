"""The people of sessions, and markers: named, merged, split, added, moved, deleted."""

from reliability.soak.client import Client, parse
from reliability.soak.ledger import MarkerRecord, PersonRecord, SessionRecord
from reliability.soak.register import Register, intend


def _session_with_people(client: Client) -> SessionRecord | None:
    session = client.any_session()
    return session if session and session.people else None


async def name_person(client: Client) -> None:
    """Names a person."""
    session = _session_with_people(client)
    if session is None:
        return
    number, name = client.rng.choice(list(session.people)), client.secret(session)
    with intend((session.people[number].name, name)) as intent:
        answer = await client.request(
            *("name person", "PATCH", f"{session.path}/people/{number}"),
            exists=session.exists,
            json={"name": name},
        )
        intent.settle(answer.status_code)


async def merge(client: Client) -> None:
    """Merges a person into another; refused where that would be a circle."""
    session = _session_with_people(client)
    if session is None:
        return
    number, into = (client.rng.choice(list(session.people)) for _ in range(2))
    with intend((session.people[number].merged_into, into)) as intent:
        answer = await client.request(
            *("merge", "PUT", f"{session.path}/people/{number}/merge", (200, 409), session.exists),
            json={"into": into},
        )
        intent.settle(answer.status_code)


async def unmerge(client: Client) -> None:
    """Undoes a merge."""
    session = _session_with_people(client)
    if session is None:
        return
    number = client.rng.choice(list(session.people))
    with intend((session.people[number].merged_into, None)) as intent:
        answer = await client.request(
            *("unmerge", "DELETE", f"{session.path}/people/{number}/merge"), exists=session.exists
        )
        intent.settle(answer.status_code)


async def split(client: Client) -> None:
    """Splits a person of a session that has ended."""
    session = _session_with_people(client)
    if session is None:
        return
    number, start = client.rng.choice(list(session.people)), client.rng.uniform(0, 10)
    session.may_have_ended = True  # a session with a person split off is not resumed
    answer = await client.request(
        *("split", "POST", f"{session.path}/people/{number}/split", (200, 409), session.exists),
        json={"start": start, "end": start + client.rng.uniform(0, 5)},
    )
    if answer.status_code == 200:
        new = parse(answer)["person"]
        if new in session.people:
            client.tally.note_problem("split", f"session {session.id} had a person {new} before")
        session.people.setdefault(new, PersonRecord())


async def add_marker(client: Client) -> None:
    """Adds a marker."""
    session = client.any_session()
    if session is None:
        return
    name, time = client.secret(session), round(client.rng.uniform(0, 20), 3)
    session.marker_names.add(name)
    answer = await client.request(
        *("add marker", "POST", f"{session.path}/marks", (201,), session.exists),
        json={"time": time, "name": name, "duration": client.rng.choice((0, 1.5))},
    )
    if answer.status_code == 201:
        session.markers[parse(answer)["id"]] = MarkerRecord(Register.of((time, name)))


async def move_marker(client: Client) -> None:
    """Moves a marker, and gives it another name."""
    session = client.any_session()
    if session is None or not session.markers:
        return
    number, name = client.rng.choice(list(session.markers)), client.secret(session)
    marker, time = session.markers[number], round(client.rng.uniform(0, 20), 3)
    session.marker_names.add(name)
    with intend((marker.content, (time, name))) as intent:
        answer = await client.request(
            *("move marker", "PATCH", f"{session.path}/marks/{number}"),
            exists=_both(session, marker),
            json={"time": time, "name": name},
        )
        intent.settle(answer.status_code)


async def delete_marker(client: Client) -> None:
    """Deletes a marker."""
    session = client.any_session()
    if session is None or not session.markers:
        return
    number = client.rng.choice(list(session.markers))
    marker = session.markers[number]
    with intend((marker.exists, False)) as intent:
        answer = await client.request(
            *("delete marker", "DELETE", f"{session.path}/marks/{number}", (204, 404))
        )
        if answer.status_code == 404 and not _both(session, marker).allows(False):
            client.tally.note_problem("lost", f"marker {number} of session {session.id}")
        intent.settle(204 if answer.status_code == 404 else answer.status_code)


def _both(session: SessionRecord, marker: MarkerRecord) -> Register:
    """Returns whose existence is in doubt: the session's, else the marker's."""
    return marker.exists if session.exists.is_surely(True) else session.exists
