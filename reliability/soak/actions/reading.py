"""Reading: status, lists, searches, sessions; what is surely stored must be in the answers."""

from reliability.soak.client import Client, parse

_STATUS = (
    *("/healthz", "/metrics", "/v1/models", "/v1/about", "/v1/storage", "/v1/jobs?limit=20"),
    *("/v1/profiles", "/v1/feedback?limit=50", "/v1/models/small-int8", "/"),
)
_PARTS = (
    *("frames", "frames?limit=7", "timeline", "timeline?points=5", "figures"),
    *("people/0/faces", "people/1/faces?limit=3", "film"),
)


async def read_status(client: Client) -> None:
    """Asks what any page asks."""
    await client.request("status", "GET", client.rng.choice(_STATUS))


async def list_sessions(client: Client) -> None:
    """Lists sessions: all, of a kind, or a page further back."""
    rng = client.rng
    limit = rng.choice((5, 20, 50))
    query = rng.choice(("", "&kind=live", "&kind=film", "&status=done", "&before=40"))
    await client.request("list", "GET", f"/v1/sessions?limit={limit}{query}")


async def search(client: Client) -> None:
    """Searches for a session's name, which must be found while nobody changes it."""
    session = client.any_session()
    if session is None or len(session.name.possible) != 1:
        return
    (name,) = session.name.possible
    before = session.name.changes, session.exists.changes
    surely = session.exists.is_surely(True) and session.name.is_surely(name)
    answer = await client.request("search", "GET", f"/v1/sessions?text={name}")
    if answer.status_code != 200 or not surely:
        return
    found = {entry["id"] for entry in parse(answer)["sessions"]}
    if before == (session.name.changes, session.exists.changes) and session.id not in found:
        client.tally.note_problem("search", f"session {session.id} not found by its name {name}")


async def read_session(client: Client) -> None:
    """Reads a session, whose name must be one that was stored."""
    session = client.any_session()
    if session is None:
        return
    before = set(session.name.possible)
    answer = await client.request("session", "GET", session.path, exists=session.exists)
    if answer.status_code != 200:
        return
    name = parse(answer)["session"]["name"]
    if name not in before and not session.name.allows(name):
        allowed = sorted(session.name.possible)
        client.tally.note_problem("read", f"session {session.id} is called {name}, not {allowed}")


async def read_part(client: Client) -> None:
    """Reads frames, timelines and other parts of a session."""
    session = client.any_session()
    if session is None:
        return
    part = client.rng.choice(_PARTS)
    can_lack = part.startswith(("people", "film"))
    expected = (200, 404) if can_lack else (200,)
    await client.request(
        "part of a session", "GET", f"{session.path}/{part}", expected, session.exists
    )


async def read_baselines(client: Client) -> None:
    """Looks for the neutral faces of a session."""
    if session := client.any_session():
        path = f"{session.path}/baselines"
        await client.request("baselines", "GET", path, (200, 409), session.exists)
