"""Misbehaviour on the level of HTTP: half heads, nonsense, foreign pages, sockets that die."""

import asyncio

from reliability.soak.client import Client
from reliability.soak.raw import connect, head

_FOREIGN = (
    {"Origin": "https://evil.example"},
    {"Host": "evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1.evil.example"},
)


async def come_from_elsewhere(client: Client) -> None:
    """Sends what the page of another site would: it must be refused."""
    method, path = client.rng.choice(
        (("GET", "/v1/sessions"), ("POST", "/v1/analyze"), ("DELETE", "/v1/sessions/1"))
    )
    headers = client.rng.choice(_FOREIGN)
    await client.request("foreign page", method, path, (403,), headers=headers)


async def send_half_a_head(client: Client) -> None:
    """Sends a part of a head, and dies or waits until it is refused."""
    whole = head("GET", "/v1/sessions", client.port)
    part = whole[: client.rng.randrange(1, len(whole) - 4)]
    if client.rng.random() < 0.8:
        async with connect(client.port) as line:
            await line.send(part)
        client.tally.note("rude: half a head", 0, 0)
        return

    async def work() -> None:
        async with connect(client.port) as line:
            await line.send(part)
            await client.expect_status(line, "half a head", (408,))

    client.spawn(work())


async def send_nonsense(client: Client) -> None:
    """Sends bytes that are no HTTP."""
    data = client.rng.choice(
        (
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"GET / HTTP/9.9\r\n\r\n",
            b"\r\n\r\nNONSENSE\r\n\r\n",
            b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            client.rng.randbytes(200) + b"\r\n\r\n",
        )
    )
    async with connect(client.port) as line:
        await line.send(data)
        await asyncio.sleep(client.rng.choice((0, 0.02)))
    client.tally.note("rude: nonsense", 0, 0)


async def connect_and_die(client: Client) -> None:
    """Opens connections, sends nothing or a request, and is gone at once."""
    for _ in range(client.rng.randint(1, 5)):
        async with connect(client.port) as line:
            if client.rng.random() < 0.5:
                await line.send(head("GET", "/v1/sessions?limit=50", client.port))
    client.tally.note("rude: dying socket", 0, 0)
