"""Live analysis of one client: JPEG frames in, results out, stale frames dropped."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, WebSocket
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocketDisconnect

from mien.errors import MienError
from mien.inference.analyzer import Analyzer
from mien.inference.media.images import Frame
from mien.inference.pending import FrameTracker, PendingResult
from mien.server.answers import answer_to_dict
from mien.server.errors import BadRequestError, BusyError, ErrorAnswer
from mien.server.images import read_image
from mien.server.models import ModelChoice
from mien.server.profiles import find_adapter
from mien.server.schemas import LiveSettings, first_problem

router = APIRouter()

_SEND_TIMEOUT = 10.0  # seconds until a client that reads nothing is disconnected


class LiveClients:
    """The connected live clients, and the last result of one of them, for pages that show it."""

    def __init__(self) -> None:
        self._clients: list[_Client] = []
        self._result: dict[str, Any] = {}
        self._changed = asyncio.Event()
        self.watchers = 0

    def __len__(self) -> int:
        return len(self._clients)

    def add(self, client: "_Client") -> None:
        """Adds a client; from now on its results are those that are shown."""
        self._clients.append(client)

    def remove(self, client: "_Client") -> None:
        """Removes a client."""
        self._clients.remove(client)

    def publish(self, client: "_Client", result: dict[str, Any]) -> None:
        """Passes a result on, if it is of the client that came last."""
        if client is not self._clients[-1]:
            return
        self._result = result
        self._changed.set()
        self._changed = asyncio.Event()

    async def next_result(self) -> dict[str, Any]:
        """Returns the next result; who is slow misses those before it."""
        await self._changed.wait()
        return self._result


@dataclass(frozen=True, slots=True, eq=False)
class _Received:
    """A received frame.

    Attributes:
        data: the image, encoded.
        number: of the frame.
        time: when it arrived, in seconds since the first.
        arrived: the same by the monotonic clock.
        dropped: how many frames it replaced that were not analyzed.
    """

    data: bytes
    number: int
    time: float
    arrived: float
    dropped: int


@router.websocket("/v1/live")
async def live(socket: WebSocket) -> None:
    """Takes binary messages, each an image; answers the newest when the last one is done.

    Every answer is a JSON text message: a result, with each face's `person` and `smoothed`, or
    `error`, with the number of its `frame`. Frames are numbered from 0 as they arrive, dropped ones
    included. A result has two fields more: how many frames were `dropped` since the last analyzed
    one, and the seconds that this one `waited` for the engine, by which a client learns that the
    server is busy. A JSON text message of `LiveSettings` is answered with `settings`.
    """
    state = socket.app.state
    if len(state.live) >= state.settings.queue:
        await _refuse(socket, f"{len(state.live)} live clients are connected")
        return
    await socket.accept()
    client = _Client(socket)
    state.live.add(client)
    try:
        await client.run()
    finally:
        state.live.remove(client)


@router.websocket("/v1/live/watch")
async def watch(socket: WebSocket) -> None:
    """Sends the results of the live client that came last, as that client gets them, but no images.

    For a page that shows labels without a camera of its own, such as an overlay in OBS.
    """
    clients: LiveClients = socket.app.state.live
    if clients.watchers >= socket.app.state.settings.queue:
        await _refuse(socket, f"{clients.watchers} pages watch live results")
        return
    await socket.accept()
    clients.watchers += 1
    try:
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(_pass_on(clients, socket))
            while (await socket.receive())["type"] != "websocket.disconnect":
                pass
            sending.cancel()
    except* (WebSocketDisconnect, TimeoutError):
        pass  # the page is gone, or reads no more
    finally:
        clients.watchers -= 1


async def _pass_on(clients: LiveClients, socket: WebSocket) -> None:
    while True:
        await _send(socket, await clients.next_result())


async def _refuse(socket: WebSocket, reason: str) -> None:
    error = BusyError(reason, remedy="try again later")
    await socket.send_denial_response(ErrorAnswer.of(error).response)


async def _send(socket: WebSocket, message: dict[str, Any]) -> None:
    """Sends a message.

    Raises:
        TimeoutError: the client reads nothing.
    """
    async with asyncio.timeout(_SEND_TIMEOUT):
        await socket.send_json(message)


class _Client:
    """One connection: its settings, its tracker, and the newest pending frame."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._state = socket.app.state
        self._settings = LiveSettings()
        self._tracker: FrameTracker | None = None
        self._analyzer: Analyzer | None = None
        self._latest: _Received | None = None
        self._arrival = asyncio.Event()

    async def run(self) -> None:
        """Serves until the client disconnects or stops reading."""
        try:
            async with asyncio.TaskGroup() as tasks:
                answering = tasks.create_task(self._answer())
                await self._receive()
                answering.cancel()
        except* (WebSocketDisconnect, TimeoutError):
            pass  # the client disconnected, or reads no more

    async def _receive(self) -> None:
        """Keeps the newest frame, and drops an older one that is still pending."""
        number, started = 0, 0.0
        while (message := await self._socket.receive())["type"] != "websocket.disconnect":
            data = message.get("bytes")
            if data is None:
                await self._set(message.get("text") or "")
                continue
            now = time.monotonic()
            started = started or now
            dropped = 0
            if self._latest is not None:
                dropped = self._latest.dropped + 1
                self._state.metrics.dropped.inc()
            self._latest = _Received(data, number, now - started, now, dropped)
            self._arrival.set()
            number += 1

    async def _answer(self) -> None:
        while await self._arrival.wait():
            self._arrival.clear()
            received, self._latest = self._latest, None
            if received is not None:
                await self._send(await self._analyze(received))

    async def _analyze(self, received: _Received) -> dict[str, Any]:
        waited = 0.0

        def detect(analyzer: Analyzer) -> PendingResult:
            nonlocal waited
            waited = time.monotonic() - received.arrived
            image = read_image(received.data, self._state.settings.max_pixels)
            # For every frame, so that a correction applies from the next one on.
            adapter = find_adapter(
                self._state.store.profiles, settings.profile, analyzer.classifier
            )
            if self._tracker is None or self._analyzer is not analyzer:
                self._tracker, self._analyzer = analyzer.track(), analyzer
            frame = Frame("<live>", image.pixels, received.number, received.time)
            return self._tracker(frame, adapter, settings.smoothing)

        settings = self._settings
        try:
            choice = ModelChoice(settings.model, settings.prior, settings.detector)
            answer = await self._state.engine.analyze_frame(detect, choice)
        except MienError as error:
            return {**ErrorAnswer.logged(error).body, "frame": received.number}
        recent = self._state.store.recent if settings.face_ids else None
        result = answer_to_dict(answer.with_threshold(settings.unsure_below), recent)
        result |= {"dropped": received.dropped, "waited": round(waited, 3)}
        self._state.live.publish(self, result)
        return result

    async def _set(self, text: str) -> None:
        try:
            message = LiveSettings.model_validate_json(text)
            changes = message.model_dump(exclude_unset=True)
            wanted = self._settings.model_copy(update=changes)
            await run_in_threadpool(self._check, wanted)
        except ValidationError as error:
            await self._send(ErrorAnswer.of(BadRequestError(first_problem(error.errors()))).body)
        except MienError as error:
            await self._send(ErrorAnswer.logged(error).body)
        else:
            self._settings = wanted
            await self._send({"settings": self._settings.model_dump()})

    def _check(self, wanted: LiveSettings) -> None:
        """Refuses an unknown model or profile, or a profile of another model."""
        choice = ModelChoice(wanted.model, wanted.prior, wanted.detector)
        classifier = self._state.engine.models.get(choice).classifier
        find_adapter(self._state.store.profiles, wanted.profile, classifier)

    async def _send(self, message: dict[str, Any]) -> None:
        await _send(self._socket, message)
