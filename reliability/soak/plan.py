"""What the clients do, and how often."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import httpx2

from reliability.soak.actions import (
    analysis,
    downloads,
    live,
    people,
    reading,
    recording,
    rude,
    teaching,
    videos,
)
from reliability.soak.client import Client

Action = Callable[[Client], Awaitable[None]]

WEIGHTS: dict[Action, float] = {
    reading.read_status: 14,
    reading.list_sessions: 3,
    reading.search: 4,
    reading.read_session: 6,
    reading.read_part: 6,
    reading.read_baselines: 1,
    analysis.analyze_crop: 12,
    analysis.analyze_photo: 2,
    analysis.analyze_with_profile: 2,
    analysis.analyze_bad: 4,
    analysis.ask_wrongly: 3,
    analysis.explain: 0.2,
    recording.start: 3,
    recording.record: 8,
    recording.rename: 5,
    recording.rename_and_die: 1,
    recording.record_and_die: 0.5,
    recording.keep_alive: 1,
    recording.end: 2,
    recording.delete: 1.5,
    people.name_person: 3,
    people.merge: 2,
    people.unmerge: 1,
    people.split: 1,
    people.add_marker: 4,
    people.move_marker: 2,
    people.delete_marker: 1,
    teaching.give_feedback: 1.5,
    teaching.delete_feedback: 0.7,
    teaching.teach: 1,
    teaching.undo: 0.4,
    teaching.roll_back: 0.1,
    teaching.copy_profile: 0.1,
    teaching.delete_profile: 0.15,
    teaching.upgrade: 0.05,
    downloads.download: 3,
    downloads.download_many: 0.3,
    downloads.post_records: 0.5,
    downloads.abort_download: 0.7,
    downloads.read_slowly: 0.3,
    videos.send: 0.4,
    videos.send_bad: 0.2,
    videos.follow: 0.7,
    videos.cancel: 0.1,
    videos.annotate: 0.1,
    videos.abort_upload: 0.8,
    videos.write_slowly: 0.2,
    videos.stall: 0.1,
    live.stream: 0.4,
    live.stop_reading: 0.1,
    live.die: 0.3,
    live.send_broken_text: 0.1,
    live.watch: 0.1,
    live.come_from_elsewhere: 0.2,
    rude.come_from_elsewhere: 1.5,
    rude.send_half_a_head: 0.6,
    rude.send_nonsense: 0.6,
    rude.connect_and_die: 0.8,
}
"""Each action's share of all visits, in percent, roughly: actions of several requests are rarer."""


async def act(client: Client, going_on: Callable[[], bool]) -> None:
    """Has a client do one action after the other, drawn by its seed, while the run goes on.

    What each action then meets depends on the other clients: the same seed gives the same draws,
    not the same run.
    """
    actions, weights = list(WEIGHTS), list(WEIGHTS.values())
    while going_on():
        (action,) = client.rng.choices(actions, weights)
        try:
            await action(client)
        except (httpx2.TransportError, TimeoutError):
            pass  # noted where it happened
        except OSError as error:
            client.tally.note_problem("connection", f"{action.__name__}: {error!r}")
        except Exception as error:
            client.tally.note_problem("client", f"{action.__name__}: {error!r}")


def make_rng(seed: int, client: int) -> random.Random:
    """Returns the source of a client's decisions."""
    return random.Random(f"{seed} {client}")


async def run_clients(clients: list[Client], going_on: Callable[[], bool]) -> None:
    """Runs all clients at once, until the run is over and no connection goes on."""
    await asyncio.gather(*(act(client, going_on) for client in clients))
    for client in clients:
        await client.close()
