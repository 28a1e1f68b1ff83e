"""Signs of life of a worker, and how long the pool waits for the next one."""

import time
from collections.abc import Callable
from typing import NamedTuple

from mien.batch.plan import Item

IMAGE_SECONDS = 120.0
"""The most that a photo may take; 50 megapixels take up to 10 on a slow machine."""

VIDEO_SECONDS = 300.0
"""The most between two frames of a video: a seek may decode minutes of it to reach the next."""

_FETCH_SECONDS = 120.0  # to fetch an item from a storage, and more by its size
_FETCH_RATE = 50_000  # bytes a second
_EVERY = 1.0  # seconds between two signs for the same item


class Heartbeat(NamedTuple):
    """The worker is alive.

    Attributes:
        item: the index of the item that it works on; None where it works on several at once.
        seconds: until the next sign at the latest.
    """

    item: int | None
    seconds: float


class Pulse:
    """Sends signs of life: each change of item, and one a second for the same item.

    Args:
        send: sends one.
    """

    def __init__(self, send: Callable[[Heartbeat], None] = lambda _: None) -> None:
        self._send = send
        self._last: Heartbeat | None = None
        self._sent_at = 0.0

    def fetching(self, item: Item) -> None:
        """An item is opened; it may have to be fetched first."""
        self._beat(item.index, _FETCH_SECONDS + item.size / _FETCH_RATE)

    def decoding(self, item: Item) -> None:
        """A photo, or the next frame of a video, is decoded."""
        self._beat(item.index, VIDEO_SECONDS if item.is_video else IMAGE_SECONDS)

    def classifying(self) -> None:
        """The faces of several items are classified."""
        self._beat(None, IMAGE_SECONDS)

    def _beat(self, item: int | None, seconds: float) -> None:
        beat, now = Heartbeat(item, seconds), time.monotonic()
        if beat != self._last or now - self._sent_at >= _EVERY:
            self._last, self._sent_at = beat, now
            self._send(beat)
