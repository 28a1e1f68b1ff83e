"""`mien serve` as a process that may be killed, and a client of it."""

import http.client
import json
import random
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from reliability.crash.inputs import MODEL
from reliability.crash.interruptions import traceback_in
from reliability.crash.outcome import Outcome
from reliability.crash.place import Place, mien
from reliability.crash.processes import Running

_START_TIMEOUT = 60.0
_REQUEST_TIMEOUT = 60.0
_MAX_WORK = 0.8  # seconds of work until the kill
_EARLY = 0.2  # share of kills during the start


class ServerGoneError(Exception):
    """The server was killed before it answered."""


@dataclass(frozen=True)
class Studio:
    """A running server.

    Attributes:
        place: its folders.
        running: the process.
        port: where it listens.
    """

    place: Place
    running: Running
    port: int

    def ask(
        self, method: str, path: str, body: object = None, expect: tuple[int, ...] = (200, 201, 204)
    ) -> Any:
        """Sends a request; returns the answer: parsed if it is JSON, else its bytes.

        Raises:
            ServerGoneError: the server was killed meanwhile.
            ValueError: it answers with another status.
        """
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        try:
            connection = http.client.HTTPConnection(
                "127.0.0.1", self.port, timeout=_REQUEST_TIMEOUT
            )
            connection.request(method, path, data, {"Content-Type": _type_of(body)})
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
        except (OSError, http.client.HTTPException) as error:
            raise ServerGoneError(str(error)) from None
        if answer.status not in expect:
            raise ValueError(f"{method} {path} is answered {answer.status}: {content[:200]!r}")
        is_json = "json" in (answer.getheader("content-type") or "")
        return json.loads(content) if content and is_json else content


def _type_of(body: object) -> str:
    return "application/octet-stream" if isinstance(body, bytes) else "application/json"


class Client(Protocol):
    """Does things with a server, and remembers what was acknowledged."""

    scenario: str
    name: str

    def act(self, studio: Studio) -> None:
        """Does one thing.

        Raises:
            ServerGoneError: the server was killed meanwhile.
        """
        ...

    def verify(self, studio: Studio) -> list[str]:
        """Returns what a restarted server has lost, has twice, or has but half."""
        ...


def start(place: Place, *options: object, environment: dict[str, str] | None = None) -> Running:
    """Starts a server in a place."""
    command = mien("serve", "--port", 0, "--model", MODEL, *options)
    return Running(command, place.work, place.environment | (environment or {}), place.next_log())


def wait_for(place: Place, running: Running) -> Studio | None:
    """Waits until the server has printed its address; None if it ends before."""
    deadline = time.monotonic() + _START_TIMEOUT
    while running.status is None and time.monotonic() < deadline:
        if found := re.search(r"http://127\.0\.0\.1:(\d+)", running.printed):
            return Studio(place, running, int(found.group(1)))
        time.sleep(0.01)
    return None


def kill_server(client: Client, count: int, root: Path, rng: random.Random) -> Iterator[Outcome]:
    """Kills a server `count` times while a client is at work; gives an outcome after each start."""
    place = Place(root / client.name).make()
    clean = True
    for number in range(count + 1):
        running = start(place)
        if 0 < number < count and rng.random() < _EARLY:
            time.sleep(rng.uniform(0, 1.0))
            struck = running.send(signal.SIGKILL)
            running.wait()
            yield Outcome(client.scenario, client.name, struck=struck, resumed=int(struck))
            continue
        wrong = _work_until_killed(client, place, running, number < count, rng)
        clean = clean and not wrong
        named = tuple(f"{client.name} (start {number}): {it}" for it in wrong)
        killed = number < count
        yield Outcome(client.scenario, client.name, killed, int(killed and not wrong), named)
    if clean:
        place.remove()


def _work_until_killed(
    client: Client, place: Place, running: Running, kill: bool, rng: random.Random
) -> list[str]:
    """Returns what is wrong after the start; the last server is stopped instead, with SIGTERM."""
    studio = wait_for(place, running)
    if studio is None:
        running.destroy()
        return [f"the server does not start: {running.errors[-300:]}"]
    wrong = [f"scratch is left: {it}" for it in scratch_of(place)]
    wrong += _try(lambda: client.verify(studio))
    if not kill:
        return wrong + stop_server(running)
    timer = threading.Timer(rng.uniform(0, _MAX_WORK), running.send, [signal.SIGKILL])
    timer.start()
    wrong += _try(lambda: _act_forever(client, studio))
    timer.join()
    running.wait()
    if not running.gone():
        wrong.append("processes are left after a kill")
    return wrong + traceback_in(running)


def _act_forever(client: Client, studio: Studio) -> list[str]:
    while True:
        client.act(studio)


def _try(work: Callable[[], list[str]]) -> list[str]:
    """Returns what is wrong; a refusal is, and the end of the server is not."""
    try:
        return work()
    except ServerGoneError:
        return []
    except (ValueError, KeyError, AssertionError) as error:
        return [f"{type(error).__name__}: {error}"]


def stop_server(running: Running) -> list[str]:
    """Stops a server with SIGTERM; returns what is wrong with its end."""
    running.send(signal.SIGTERM, group=False)
    status = running.wait()
    wrong = traceback_in(running)
    if status != 0:
        wrong.append(f"SIGTERM ends the server with status {status}")
    if status is None:
        running.destroy()
    return wrong if running.gone() else [*wrong, "processes are left after SIGTERM"]


def scratch_of(place: Place) -> list[str]:
    """Returns the temporary files of earlier servers."""
    folders = (place.data / "mien" / "scratch", place.scratch)
    return [str(path.relative_to(place.path)) for folder in folders for path in folder.rglob("*")]


@dataclass
class Acknowledged:
    """Sets of things that are acknowledged, and the one of which that is not known.

    Attributes:
        known: acknowledged.
        open: sent, but the server was killed before it answered.
    """

    known: set[int] = field(default_factory=set)
    open: set[int] = field(default_factory=set)

    def compare(self, found: list[int], what: str) -> list[str]:
        """Returns what is lost, unknown or twice; what was found becomes known."""
        wrong = []
        if lost := self.known - set(found):
            wrong.append(f"{len(lost)} acknowledged {what} are lost: {sorted(lost)[:5]}")
        if unknown := set(found) - self.known - self.open:
            wrong.append(f"{len(unknown)} {what} were never sent: {sorted(unknown)[:5]}")
        if len(found) > len(set(found)):
            wrong.append(f"{len(found) - len(set(found))} {what} are there twice")
        self.known, self.open = set(found), set()
        return wrong
