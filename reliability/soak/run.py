"""One soak: a server, its clients, and what must hold at the end."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2

from reliability.soak import checks
from reliability.soak.checks import Check
from reliability.soak.client import Client
from reliability.soak.ledger import Ledger
from reliability.soak.media import Media, make_media
from reliability.soak.plan import make_rng, run_clients
from reliability.soak.samples import Sample, Sampler, count_descriptors
from reliability.soak.server import Server, serving
from reliability.soak.tally import Tally


@dataclass(frozen=True)
class Settings:
    """What to run.

    Attributes:
        requests: of all clients together.
        clients: at once.
        seed: of what they do.
        minutes: until the clients stop, whatever is left.
        interval: seconds between two samples.
    """

    requests: int = 50_000
    clients: int = 16
    seed: int = 0
    minutes: float = 40
    interval: float = 1.0


@dataclass(frozen=True)
class Result:
    """What a soak found.

    Attributes:
        settings: of the run.
        seconds: that the clients took.
        tally: what they saw.
        samples: of the server.
        checks: what must hold.
        log: of the server.
    """

    settings: Settings
    seconds: float
    tally: Tally
    samples: list[Sample]
    checks: list[Check]
    log: str

    @property
    def passed(self) -> bool:
        """Whether all holds."""
        return all(check.passed for check in self.checks)


def soak(settings: Settings, folder: Path, on_progress: Callable[[Tally], None]) -> Result:
    """Runs a soak.

    Args:
        settings: of the run.
        folder: an empty one, for the server's data and its log.
        on_progress: called a few times a second with what the clients saw.

    Raises:
        RuntimeError: the server does not start.
    """
    ledger, media, found = Ledger(), make_media(settings.seed), list[Check]()
    data, log = folder / "studio", folder / "server.log"
    with serving(data, log) as server:
        tally, before = Tally(), count_descriptors(server.process.pid)
        sampler = Sampler(server.process.pid, data, tally, settings.interval)
        sampler.start()
        asyncio.run(_press(settings, server.port, media, ledger, tally, on_progress))
        seconds, samples = time.monotonic() - tally.started, sampler.stop()
        found += checks.check_answers(tally)
        found += checks.check_samples(samples)
        found += _check_data(server, ledger, before)
    with serving(data, log) as again:
        found.append(checks.check_stored("the same after a restart", ledger, again))
    found.append(checks.check_log(again))
    return Result(settings, seconds, tally, samples, found, log.read_text())


def _check_data(server: Server, ledger: Ledger, before: int) -> Iterator[Check]:
    """Checks what is stored, and ends the server; a server that died fails, too."""
    name = "deleted sessions leave no byte"
    try:
        yield checks.check_quiet(server, before)
        yield checks.check_stored("all acknowledged is stored", ledger, server)
        yield checks.check_deleted(f"{name} while it runs", ledger, server.folder)
    except (httpx2.TransportError, OSError) as error:
        yield Check.of("the server still answers", [repr(error)])
    yield checks.check_end(server)
    yield checks.check_deleted(f"{name} after its end", ledger, server.folder)


async def _press(
    settings: Settings,
    port: int,
    media: Media,
    ledger: Ledger,
    tally: Tally,
    on_progress: Callable[[Tally], None],
) -> None:
    end = tally.started + settings.minutes * 60
    clients = [
        Client(number, port, make_rng(settings.seed, number), media, ledger, tally)
        for number in range(settings.clients)
    ]

    def going_on() -> bool:
        return tally.total < settings.requests and time.monotonic() < end

    async def show() -> None:
        while True:
            on_progress(tally)
            await asyncio.sleep(0.25)

    showing = asyncio.create_task(show())
    await run_clients(clients, going_on)
    showing.cancel()
    on_progress(tally)
    if tally.total < settings.requests:
        left = settings.requests - tally.total
        tally.note_problem("time", f"{left:,} requests left after {settings.minutes:g} minutes")
