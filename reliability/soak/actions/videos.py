"""Videos: short ones as jobs, followed, cancelled, annotated; and uploads that break off."""

import asyncio

from reliability.soak.client import MODEL, Client, parse
from reliability.soak.ledger import JobRecord, SessionRecord
from reliability.soak.media import VIDEO_FRAMES
from reliability.soak.raw import connect, head
from reliability.soak.register import Register, intend


async def send(client: Client) -> None:
    """Sends a short video."""
    secret, keep = client.secret(), client.rng.random() < 0.5
    name = f"{secret}.mp4"
    query = f"name={name}&model={MODEL}&keep={str(keep).lower()}"
    answer = await client.request(
        "send video", "POST", f"/v1/jobs?{query}", (202,), content=client.media.video
    )
    if answer.status_code != 202:
        return
    job = parse(answer)
    number, register = job["session"], Register.of(name)
    session = SessionRecord(number, client.number, "film", register, secrets={secret})
    session.attempted = set(range(VIDEO_FRAMES))
    client.ledger.sessions[session.id] = session
    client.ledger.jobs[job["id"]] = JobRecord(job["id"], session, VIDEO_FRAMES)


async def send_bad(client: Client) -> None:
    """Sends what is no video: it is refused, or its job fails."""
    bad = client.rng.choice(client.media.bad_videos)
    await client.request(
        *("send bad video", "POST", f"/v1/jobs?model={MODEL}", (202, 400, 413, 422)), content=bad
    )


def _some_job(client: Client) -> JobRecord | None:
    jobs = list(client.ledger.jobs.values())[-40:]
    return client.rng.choice(jobs) if jobs else None


async def follow(client: Client) -> None:
    """Asks how far a job is."""
    if job := _some_job(client):
        gone = job.exists if job.exists.allows(False) else job.session.exists
        await client.request("job", "GET", f"/v1/jobs/{job.id}", exists=_in_doubt(gone))


async def cancel(client: Client) -> None:
    """Cancels a job, or deletes one that has ended; a session without a frame goes with it."""
    if job := _some_job(client):
        job.may_be_cancelled = True
        with intend((job.session.exists, False), (job.exists, False)):
            path = f"/v1/jobs/{job.id}"
            await client.request("cancel job", "DELETE", path, (204, 404))


async def annotate(client: Client) -> None:
    """Has a saved video annotated, and asks for the result."""
    if job := _some_job(client):
        path = f"{job.session.path}/annotated"
        gone = _in_doubt(job.session.exists)
        await client.request("annotate", "POST", path, (202, 409), gone)
        await client.request("annotated video", "GET", path, (200, 404), gone)


def _in_doubt(exists: Register) -> Register:
    """Returns a register that also allows that the thing is still there."""
    return Register({True, False}) if exists.allows(False) else exists


async def abort_upload(client: Client) -> None:
    """Sends the first part of a video or an image, and is gone."""
    rng = client.rng
    video = rng.random() < 0.5
    body = client.media.video if video else rng.choice(client.media.photos)
    path = f"/v1/jobs?model={MODEL}" if video else "/v1/analyze"
    async with connect(client.port) as line:
        await line.send(head("POST", path, client.port, len(body)))
        await line.send(body[: rng.randrange(len(body))])
        await asyncio.sleep(rng.choice((0, 0, 0.05)))
    client.tally.note("rude: abort upload", 0, 0)


async def write_slowly(client: Client) -> None:
    """Sends a photo in small pieces, for a few seconds, and then waits for the answer."""
    photo = client.rng.choice(client.media.photos)
    seconds = client.rng.uniform(0.5, 3)

    async def work() -> None:
        async with connect(client.port) as line:
            path = f"/v1/analyze?model={MODEL}"
            await line.send(head("POST", path, client.port, len(photo)))
            step = len(photo) // 10 + 1
            for start in range(0, len(photo), step):
                await line.send(photo[start : start + step])
                await asyncio.sleep(seconds / 10)
            await client.expect_status(line, "slow writer", (200,))

    client.spawn(work())


async def stall(client: Client) -> None:
    """Sends half of a body and no more: it must be refused in time."""
    photo = client.rng.choice(client.media.photos)

    async def work() -> None:
        async with connect(client.port) as line:
            await line.send(head("POST", "/v1/analyze", client.port, len(photo)))
            await line.send(photo[: len(photo) // 2])
            await client.expect_status(line, "stalled writer", (408,))

    client.spawn(work())
