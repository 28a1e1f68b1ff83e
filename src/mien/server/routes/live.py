"""Live images of one client: JPEG frames in, results out, stale frames dropped."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, WebSocket
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocketDisconnect

from mien.errors import MienError
from mien.inference.analyzer import Analyzer, FrameTracker, PendingResult
from mien.inference.media.images import Frame
from mien.server.answers import answer_to_dict
from mien.server.errors import (
    BadRequestError,
    BusyError,
    as_server_error,
    error_body,
    error_response,
)
from mien.server.images import read_image
from mien.server.profiles import find_adapter
from mien.server.schemas import LiveSettings, first_problem

router = APIRouter()

_UNREAD = 10.0  # seconds after which a client that reads no answer is left


@dataclass(frozen=True, slots=True, eq=False)
class _Arrived:
    """A frame as it came: its number among those that came, and seconds since the first."""

    data: bytes
    number: int
    time: float


@router.websocket("/v1/live")
async def live(socket: WebSocket) -> None:
    """Takes binary messages, each an image, and answers the newest once the last is done.

    Every answer is a JSON text message: a result, with each face's `person` and `smoothed`; or
    `error`, with the `frame` that it is about. Frames are numbered from 0 as they come, those
    that are dropped included. A JSON text message of `LiveSettings` is answered with `settings`.
    """
    state = socket.app.state
    if len(state.live) >= state.settings.queue:
        error = BusyError(f"{len(state.live)} live clients are connected", remedy="try again later")
        await socket.send_denial_response(error_response(error))
        return
    await socket.accept()
    client = _Client(socket)
    state.live.add(client)
    try:
        await client.run()
    finally:
        state.live.remove(client)


class _Client:
    """One connection: what it set, who was seen, and the newest frame that waits."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._state = socket.app.state
        self._settings = LiveSettings()
        self._watch: FrameTracker | None = None
        self._latest: _Arrived | None = None
        self._fresh = asyncio.Event()

    async def run(self) -> None:
        """Serves until the client leaves, or reads no more."""
        try:
            async with asyncio.TaskGroup() as tasks:
                answering = tasks.create_task(self._answer())
                await self._receive()
                answering.cancel()
        except* (WebSocketDisconnect, TimeoutError):
            pass  # it left, or reads no more

    async def _receive(self) -> None:
        """Keeps the newest frame; an older one that still waits is dropped."""
        number, started = 0, 0.0
        while (message := await self._socket.receive())["type"] != "websocket.disconnect":
            data = message.get("bytes")
            if data is None:
                await self._set(message.get("text") or "")
                continue
            now = time.monotonic()
            started = started or now
            if self._latest is not None:
                self._state.metrics.dropped.inc()
            self._latest = _Arrived(data, number, now - started)
            self._fresh.set()
            number += 1

    async def _answer(self) -> None:
        while await self._fresh.wait():
            self._fresh.clear()
            arrived, self._latest = self._latest, None
            if arrived is not None:
                await self._send(await self._look(arrived))

    async def _look(self, arrived: _Arrived) -> dict[str, Any]:
        def find(analyzer: Analyzer) -> PendingResult:
            image = read_image(arrived.data, self._state.settings.max_pixels)
            # Asked for every frame: a correction holds from the next one on.
            adapter = find_adapter(self._state.profiles, settings.profile, analyzer.classifier)
            if self._watch is None:
                self._watch = analyzer.track()
            frame = Frame("<live>", image.pixels, arrived.number, arrived.time)
            return self._watch(frame, adapter)

        settings = self._settings
        try:
            answer = await self._state.engine.analyze(find, settings.model)
        except MienError as error:
            return {**error_body(as_server_error(error)), "frame": arrived.number}
        recent = self._state.store.recent if settings.face_ids else None
        return answer_to_dict(answer.with_threshold(settings.unsure_below), recent)

    async def _set(self, text: str) -> None:
        try:
            given = LiveSettings.model_validate_json(text)
            changes = given.model_dump(exclude_unset=True)
            wanted = self._settings.model_copy(update=changes)
            await run_in_threadpool(self._check, wanted)
        except ValidationError as error:
            await self._send(error_body(BadRequestError(first_problem(error.errors()))))
        except MienError as error:
            await self._send(error_body(as_server_error(error)))
        else:
            self._settings = wanted
            await self._send({"settings": self._settings.model_dump()})

    def _check(self, wanted: LiveSettings) -> None:
        """Refuses a model or a profile that is not there, or a profile of another model."""
        classifier = self._state.engine.models.get(wanted.model).classifier
        find_adapter(self._state.profiles, wanted.profile, classifier)

    async def _send(self, message: dict[str, Any]) -> None:
        """Sends, and waits until the client has room for it.

        Raises:
            TimeoutError: it reads nothing.
        """
        async with asyncio.timeout(_UNREAD):
            await self._socket.send_json(message)
