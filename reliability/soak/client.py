"""One client: its requests, each with its limit, its count and the statuses it may have."""

import asyncio
import json
import random
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import httpx2

from reliability.soak.ledger import Ledger, ProfileRecord, SessionRecord, make_secret
from reliability.soak.media import Media
from reliability.soak.raw import Line
from reliability.soak.register import Register
from reliability.soak.tally import TEMPORARY, Tally

HANG = 60.0
"""Seconds within which a request must be answered."""

MODEL = "small-int8"
"""The model of most requests: the quickest."""

_REUSE = 3.0  # seconds; the server closes idle connections after 5
_MOST_RUDE = 8  # misbehaving connections of one client that go on in the background


@dataclass(eq=False)
class Client:
    """One client of a run.

    Args:
        number: from 0.
        port: of the server.
        rng: decides what it does.
        media: what it sends.
        ledger: of all clients.
        tally: the same.

    Attributes:
        face: a face of a recent answer, with its `face_id`; None before the first.
        profile: that it teaches; None if there is none now.
    """

    number: int
    port: int
    rng: random.Random
    media: Media
    ledger: Ledger
    tally: Tally
    face: dict[str, Any] | None = None
    profile: ProfileRecord | None = None
    _background: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._http = httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}",
            timeout=HANG,
            trust_env=False,
            limits=httpx2.Limits(keepalive_expiry=_REUSE),
        )

    async def close(self) -> None:
        """Waits for what goes on in the background, and closes the connections."""
        await asyncio.gather(*self._background)
        await self._http.aclose()

    async def request(
        self,
        kind: str,
        method: str,
        path: str,
        expected: tuple[int, ...] = (200,),
        exists: Register | None = None,
        **sent: Any,
    ) -> httpx2.Response:
        """Sends a request, and notes an answer that it should not have.

        Args:
            kind: what it is counted as.
            method: of HTTP.
            path: with its query.
            expected: the statuses that it may have, besides 503 and 507.
            exists: whether what it is about exists: if not, it must be answered with 404.
            sent: its body, for httpx.

        Raises:
            httpx2.TransportError: it was not answered, which is noted.
        """
        was_gone = exists is not None and exists.is_surely(False)
        started = time.monotonic()
        try:
            answer = await self._http.request(method, path, **sent)
        except httpx2.TimeoutException:
            self.tally.note_problem("hang", f"{method} {path}: no answer in {HANG:g} s")
            raise
        except httpx2.TransportError as error:
            self.tally.note_problem("connection", f"{method} {path}: {error!r}")
            raise
        self.tally.note(kind, answer.status_code, time.monotonic() - started)
        allowed = (404,) if was_gone else (*expected, *self._if_gone(exists))
        if answer.status_code not in (*allowed, *TEMPORARY):
            told = f"{answer.status_code}, not {allowed}: {answer.text[:200]}"
            self.tally.note_problem(f"unexpected {answer.status_code}", f"{method} {path}: {told}")
        return answer

    def _if_gone(self, exists: Register | None) -> tuple[int, ...]:
        return (404,) if exists is not None and exists.allows(False) else ()

    async def expect_status(self, line: Line, kind: str, expected: tuple[int, ...]) -> None:
        """Waits for the answer on a connection of its own, and counts it.

        A server that only closes the connection has status 0 here, which is not expected.
        """
        started = time.monotonic()
        try:
            status = await line.status(HANG)
        except TimeoutError:
            self.tally.note_problem("hang", f"{kind}: no answer in {HANG:g} s")
            return
        self.tally.note(kind, status, time.monotonic() - started, slow=True)
        if status not in (*expected, *TEMPORARY):
            self.tally.note_problem(f"unexpected {status}", f"{kind}: not {expected}")

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
        """Lets a misbehaving connection go on in the background, if not too many do."""
        if len(self._background) >= _MOST_RUDE:
            work.close()
            return None
        task = asyncio.create_task(self._guard(work))
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    async def _guard(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except OSError as error:
            self.tally.note_problem("connection", f"in the background: {error!r}")

    def own(self) -> list[SessionRecord]:
        """Returns the sessions that this client records."""
        return [it for it in self.ledger.alive() if it.owner == self.number]

    def any_session(self) -> SessionRecord | None:
        """Returns a session: mostly one of its own, sometimes another's, rarely a deleted one."""
        chance = self.rng.random()
        if chance < 0.02 and self.ledger.sessions:
            return self.ledger.sessions[self.rng.choice(list(self.ledger.sessions)[-200:])]
        found = self.own() if chance < 0.75 else self.ledger.alive()
        return self.rng.choice(found) if found else None

    def secret(self, session: SessionRecord | None = None) -> str:
        """Returns a text that is nowhere else; a session's texts go with it."""
        text = make_secret(self.rng)
        if session is not None:
            session.secrets.add(text)
        return text


def parse(answer: httpx2.Response) -> Any:
    """Reads an answer's JSON."""
    return json.loads(answer.content)
