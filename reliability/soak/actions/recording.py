"""Recording: sessions are started, filled, renamed, ended and deleted."""

from typing import Any

import httpx2

from reliability.soak.client import MODEL, Client, parse
from reliability.soak.ledger import PersonRecord, SessionRecord
from reliability.soak.raw import connect, head
from reliability.soak.register import Register, intend

_MOST_SESSIONS = 12  # of one client; from then on it deletes one for each that it starts
_MOST_FRAMES = 200  # of one session
_PEOPLE = 3


async def start(client: Client) -> None:
    """Starts a recording; deletes an older one where there are many."""
    own = client.own()
    if len(own) >= _MOST_SESSIONS:
        await _delete(client, client.rng.choice(own))
    kind, name = client.rng.choice(("live", "photo")), client.secret()
    new = {"name": name, "kind": kind, "model": MODEL}
    answer = await client.request("start session", "POST", "/v1/sessions", (201,), json=new)
    if answer.status_code == 201:
        number = parse(answer)["id"]
        session = SessionRecord(number, client.number, kind, Register.of(name), secrets={name})
        client.ledger.sessions[number] = session


async def record(client: Client) -> None:
    """Stores frames of a session that it records; sends them again if it got no answer."""
    open_ones = [
        it
        for it in client.own()
        if it.kind != "film" and not it.may_have_ended and len(it.attempted) < _MOST_FRAMES
    ]
    if not open_ones or client.face is None:
        await start(client)
        return
    session = client.rng.choice(open_ones)
    frames = _next_frames(client, session)
    session.attempted |= {frame["frame"] for frame in frames}
    answer = await client.request(
        *("record", "POST", f"{session.path}/frames", _unless_ended(session), session.exists),
        json={"frames": frames},
    )
    if answer.status_code == 409:
        session.may_have_ended = True
    if answer.status_code == 200:
        _note_frames(session, frames)


def _unless_ended(session: SessionRecord) -> tuple[int, ...]:
    """A live recording is also ended by the server, if its client is silent for long."""
    return (200, 409) if session.may_have_ended or session.kind == "live" else (200,)


def _next_frames(client: Client, session: SessionRecord) -> list[dict[str, Any]]:
    first = max(session.frames, default=-1) + 1
    assert client.face is not None
    return [
        {
            "frame": number,
            "time": number / 10,
            "width": 48,
            "height": 48,
            "faces": [{**client.face, "person": number // 4 % _PEOPLE}] if number % 5 else [],
        }
        for number in range(first, first + client.rng.randint(1, 20))
    ]


def _note_frames(session: SessionRecord, frames: list[dict[str, Any]]) -> None:
    for frame in frames:
        session.frames[frame["frame"]] = frame["time"]
        for face in frame["faces"]:
            session.people.setdefault(face["person"], PersonRecord())


async def rename(client: Client) -> None:
    """Renames a session, or writes notes."""
    session = client.any_session()
    if session is None:
        return
    which = client.rng.choice(("name", "notes"))
    text = client.secret(session)
    register = session.name if which == "name" else session.notes
    with intend((register, text)) as intent:
        answer = await client.request(
            "rename", "PATCH", session.path, exists=session.exists, json={which: text}
        )
        intent.settle(answer.status_code)


async def rename_and_die(client: Client) -> None:
    """Sends a change, and is gone before the answer: it may be stored, or not."""
    session = client.any_session()
    if session is None:
        return
    text = client.secret(session)
    body = f'{{"name": "{text}"}}'.encode()
    with intend((session.name, text)):
        async with connect(client.port) as line:
            more = "Content-Type: application/json\r\n"
            await line.send(head("PATCH", session.path, client.port, len(body), more) + body)
    client.tally.note("rude: write and die", 0, 0)


async def record_and_die(client: Client) -> None:
    """Stores frames, and is gone before the answer."""
    own = [it for it in client.own() if it.kind == "photo" and not it.may_have_ended]
    if not own or client.face is None:
        return
    session = client.rng.choice(own)
    frames = _next_frames(client, session)
    session.attempted |= {frame["frame"] for frame in frames}
    body = httpx2.Request("POST", "http://x/", json={"frames": frames}).content
    async with connect(client.port) as line:
        more = "Content-Type: application/json\r\n"
        path = f"{session.path}/frames"
        await line.send(head("POST", path, client.port, len(body), more) + body)
    client.tally.note("rude: write and die", 0, 0)


async def keep_alive(client: Client) -> None:
    """Tells that a recording goes on."""
    own = [it for it in client.own() if it.kind != "film" and not it.may_have_ended]
    if own:
        session = client.rng.choice(own)
        await client.request(
            *("keep alive", "POST", f"{session.path}/alive"),
            *((204, *_unless_ended(session)[1:]), session.exists),
        )


async def end(client: Client) -> None:
    """Ends a recording; anybody's."""
    session = client.any_session()
    if session is None or session.kind == "film":
        return
    session.may_have_ended = True
    await client.request(
        "end session", "PATCH", session.path, exists=session.exists, json={"status": "done"}
    )


async def delete(client: Client) -> None:
    """Deletes a session; anybody's, while others may be using it."""
    if session := client.any_session():
        await _delete(client, session)


async def _delete(client: Client, session: SessionRecord) -> None:
    with intend((session.exists, False)) as intent:
        answer = await client.request(
            "delete session", "DELETE", session.path, (204, 409), session.exists
        )
        if answer.status_code == 409 and session.kind != "film":
            client.tally.note_problem("delete", f"session {session.id} has no job: {answer.text}")
        # Somebody else may have deleted it meanwhile.
        intent.settle(204 if answer.status_code == 404 else answer.status_code)
