"""What the server counts, for Prometheus; of pictures it keeps how many, never which."""

import time

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SECONDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
_PICTURES = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """The counters of one server, in a registry of its own."""

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
        self.faces = Counter("mien_faces", "Faces named.", registry=registry)
        self.batches = Histogram(
            "mien_batch_pictures",
            "Pictures classified at once.",
            buckets=_PICTURES,
            registry=registry,
        )
        self.queue = Gauge("mien_queue_pictures", "Pictures that wait.", registry=registry)
        self.live = Gauge("mien_live_clients", "Open live connections.", registry=registry)
        self.dropped = Counter(
            "mien_live_frames_dropped", "Live frames that newer ones replaced.", registry=registry
        )

    def to_text(self) -> bytes:
        """Returns all of them in Prometheus' text format."""
        return generate_latest(self.registry)


class Measured:
    """Counts and times each HTTP request by its route's pattern, never by its path."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Has the application answer, and counts it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 499  # the client left before an answer began, as nginx counts it

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
