"""Downloads: records, events, BIDS and reports of sessions, and many at once."""

from reliability.soak.client import MODEL, Client
from reliability.soak.ledger import SessionRecord
from reliability.soak.raw import connect, head

RECORDS = ("csv", "jsonl", "parquet", "xlsx")
EVENTS = ("csv", "boris", "elan", "datavyu", "psychopy", "eprime", "webvtt", "srt", "bids")


def _path(client: Client, session: SessionRecord) -> str:
    kind = client.rng.choice(("records", "records", "events", "bids", "report"))
    if kind == "records":
        kind += f"?format={client.rng.choice(RECORDS)}"
    if kind == "events":
        kind += f"?format={client.rng.choice(EVENTS)}"
    return f"{session.path}/{kind}"


async def download(client: Client) -> None:
    """Downloads one session."""
    if session := client.any_session():
        path = _path(client, session)
        kind = f"download {path.rpartition('/')[2].replace('?format=', ' as ')}"
        # 409: nothing was recorded.
        await client.request(kind, "GET", path, (200, 409), session.exists)


async def download_many(client: Client) -> None:
    """Downloads some sessions in one ZIP file; others may delete them meanwhile."""
    sessions = client.rng.sample(alive := client.ledger.alive(), min(len(alive), 5))
    if not sessions:
        return
    ids = ",".join(str(it.id) for it in sessions)
    kind = client.rng.choice((*RECORDS, "report"))
    answer = await client.request(
        "download many", "GET", f"/v1/exports?ids={ids}&format={kind}", (200, 404, 409)
    )
    if answer.status_code == 404 and all(it.exists.is_surely(True) for it in sessions):
        client.tally.note_problem("lost", f"one of sessions {ids}: {answer.text[:200]}")


async def post_records(client: Client) -> None:
    """Has frames written to a file, without a session."""
    if client.face is None:
        return
    kind = client.rng.choice(RECORDS)
    frames = [
        {"frame": number, "time": number / 10, "width": 48, "height": 48, "faces": [client.face]}
        for number in range(30)
    ]
    await client.request(
        *("records of frames", "POST", f"/v1/records?format={kind}"),
        json={"frames": frames, "model": MODEL},
    )


async def abort_download(client: Client) -> None:
    """Asks for a download, reads at most its start, and is gone."""
    session = client.any_session()
    if session is None:
        return
    async with connect(client.port, receive_buffer=4096) as line:
        await line.send(head("GET", _path(client, session), client.port))
        await line.read_slowly(client.rng.choice((0.0, 0.01, 0.1)))
    client.tally.note("rude: abort download", 0, 0)


async def read_slowly(client: Client) -> None:
    """Downloads sessions or a page's file at a snail's pace, in the background."""
    ids = ",".join(str(it.id) for it in client.ledger.alive()[:20])
    path = client.rng.choice((f"/v1/exports?ids={ids}", "/v1/sessions?limit=200", "/metrics"))
    seconds = client.rng.uniform(1, 8)

    async def work() -> None:
        async with connect(client.port, receive_buffer=4096) as line:
            await line.send(head("GET", path, client.port))
            await line.read_slowly(seconds)

    if ids and client.spawn(work()):
        client.tally.note("rude: slow reader", 0, 0)
