"""Limits of one client, and metrics: rate limit, body size, upload timeout."""

import asyncio
import time
from collections import OrderedDict, defaultdict
from collections.abc import Hashable
from contextlib import suppress

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mien.server.errors import (
    BusyError,
    ErrorAnswer,
    RateError,
    ServerError,
    SlowUploadError,
    TooLargeError,
)
from mien.server.settings import Settings

_MAX_CLIENTS = 10_000  # buckets remembered; the least recent one is forgotten
_MIN_RATE = 256 * 1024  # bytes a second that an upload must average after `upload_seconds`
PATIENCE = 1.0
"""Seconds that a request waits for its turn before it is refused: who is refused soon tries again,
and that takes time from the work."""

_DRAIN = 1.0  # seconds that the rest of a refused body is read
_LINES = {"images": ("/v1/analyze", "/v1/explain"), "videos": ("/v1/jobs",)}
_FREE = ("/healthz", "/page/")


async def takes(places: asyncio.Semaphore) -> bool:
    """Takes a place as soon as one is free; returns whether one was within `PATIENCE`."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await places.acquire()
    except TimeoutError:
        return False


class Budgets:
    """Token buckets, one per key: each allows some requests at once, and as many a minute.

    Args:
        a_minute: how many requests.
    """

    def __init__(self, a_minute: int) -> None:
        self._max = float(a_minute)
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def check(self, key: Hashable) -> None:
        """Checks that a request is left.

        Raises:
            RateError: none is left; it says when there will be one.
        """
        left, rate = self._left(key, time.monotonic()), self._max / 60
        if left < 1:
            raise RateError(
                f"more than {self._max:.0f} requests a minute",
                (1 - left) / rate,
                remedy="wait, then retry",
            )

    def spend(self, key: Hashable) -> None:
        """Takes one request.

        Raises:
            RateError: none is left.
        """
        self.check(key)
        now = time.monotonic()
        left = self._left(key, now)
        self._buckets[key] = (left - 1, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > _MAX_CLIENTS:
            self._buckets.popitem(last=False)

    def _left(self, key: Hashable, now: float) -> float:
        left, then = self._buckets.get(key, (self._max, now))
        return min(self._max, left + (now - then) * self._max / 60)


class RateLimit:
    """Rate limit of the requests that `security.Guard` admits, per client address.

    Images, videos and all else have a limit each, so that a program that analyzes images cannot
    lock out the page of the same address. The health check and the page's files, some forty per
    visit, are exempt.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._budgets = Budgets(settings.requests_a_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses the request, or passes it to the application."""
        if scope["type"] != "lifespan" and not scope["path"].startswith(_FREE):
            try:
                self._budgets.spend((client_of(scope), _line_of(scope)))
            except RateError as error:
                await ErrorAnswer.of(error).response(scope, receive, send)
                return
        await self.app(scope, receive, send)


def client_of(scope: Scope) -> str:
    """Returns a client's address; empty if there is none."""
    return str((scope.get("client") or ("",))[0])


def _line_of(scope: Scope) -> str:
    """Returns what a request is limited with."""
    return next((line for line, paths in _LINES.items() if scope["path"].startswith(paths)), "")


class BodyLimit:
    """Refuses bodies that are too large or too slow, and too many at a time.

    Bodies are buffered in memory; of images, of videos and of all else at most twice as many as the
    engine's queue holds. Others wait unread, for `PATIENCE` at most.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self._most = 2 * settings.queue
        self._places = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(self._most))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses the request, or passes it to the application."""
        if scope["type"] != "http" or not _has_body(headers := Headers(scope=scope)):
            await self.app(scope, receive, send)
            return
        line = _line_of(scope)
        limit = self.settings.max_video_bytes if line == "videos" else self.settings.max_bytes
        refusal: ServerError | None = None
        if int(headers.get("content-length", "0")) > limit:
            refusal = _too_large(limit)
        elif not await takes(self._places[line]):
            refusal = BusyError(f"{self._most} requests are in progress", remedy="try again soon")
        if refusal:
            await ErrorAnswer.of(refusal).response(scope, receive, send)
            return
        try:
            await self._pass(_Body(receive, limit, self.settings.upload_seconds), scope, send)
        finally:
            self._places[line].release()

    async def _pass(self, body: "_Body", scope: Scope, send: Send) -> None:
        """Runs the application; if the body is refused meanwhile, answers with the refusal."""
        started = False

        async def answer(message: Message) -> None:
            nonlocal started
            if started or body.refusal is None:
                started = True
                await send(message)

        try:
            await self.app(scope, body.receive, answer)
        except ServerError:
            if body.refusal is None:
                raise
        if body.refusal and not started:
            await body.drain()
            await ErrorAnswer.of(body.refusal).response(scope, body.source, send)


class _Body:
    """The body of one request, as it arrives."""

    def __init__(self, source: Receive, limit: int, seconds: float) -> None:
        self.source = source
        self.refusal: ServerError | None = None
        self._limit, self._seconds = limit, seconds
        self._started, self._bytes, self._arrived = time.monotonic(), 0, False

    async def receive(self) -> Message:
        """Returns the next part, within its time and size.

        Raises:
            ServerError: it is too slow or too large; `refusal` keeps the error.
        """
        if self._arrived:
            return await self.source()
        due = self._started + self._seconds + self._bytes / _MIN_RATE
        try:
            async with asyncio.timeout(due - time.monotonic()):
                message = await self.source()
        except TimeoutError:
            self.refusal = SlowUploadError(
                "the upload takes too long", remedy="use a faster connection"
            )
            raise self.refusal from None
        self._bytes += len(message.get("body", b""))
        if self._bytes > self._limit:
            self.refusal = _too_large(self._limit)
            raise self.refusal
        self._arrived = not message.get("more_body", False)
        return message

    async def drain(self) -> None:
        """Discards the rest of a body that is too large, for a moment.

        The system resets a connection that is closed with unread data, and the client may then
        lose the response.
        """
        if not isinstance(self.refusal, TooLargeError):
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN):
                while (await self.source()).get("more_body", False):
                    pass


def _has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"more than {limit:,} bytes", remedy="send less")


_SECONDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
_IMAGES = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """The metrics of one server, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.requests = Counter(
            "mien_requests", "Requests answered.", ["route", "status"], registry=registry
        )
        self.seconds = Histogram(
            "mien_request_seconds",
            "From a request's headers to its whole answer.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.faces = Counter("mien_faces", "Faces classified.", registry=registry)
        self.batches = Histogram(
            "mien_batch_pictures",
            "Images classified at once.",
            buckets=_IMAGES,
            registry=registry,
        )
        self.queue = Gauge("mien_queue_pictures", "Queued images.", registry=registry)
        self.live = Gauge("mien_live_clients", "Open live connections.", registry=registry)
        self.dropped = Counter(
            "mien_live_frames_dropped", "Live frames that newer ones replaced.", registry=registry
        )

    def to_text(self) -> bytes:
        """Returns the metrics in Prometheus' text format."""
        return generate_latest(self.registry)


class Measured:
    """Counts and times each HTTP request by its route's pattern, never by its path."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request to the application, and counts it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 499  # as in nginx: the client disconnected before the response

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self.metrics.requests.labels(route, status).inc()
            self.metrics.seconds.labels(route).observe(time.perf_counter() - started)
