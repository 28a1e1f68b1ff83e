"""Decoders of what clients send: worker processes with limits of memory and time.

A decoder that crashes, hangs or swells takes its own process with it, and no other request.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from mien.processes.workers import WorkerLostError, Workers
from mien.server.errors import UnreadableError

MAX_IMAGE_BYTES = 768 * 2**20
"""The most memory that the decoding of one image may take, as estimated from its header."""

_WORKER_BYTES = 896 * 2**20  # that a worker may allocate; with its libraries, less than 1 GiB
_IMAGE_WORKERS = 2
_IMAGE_SECONDS = 20.0  # of processor time; an image of 50 megapixels takes up to 4
_VIDEO_WORKERS = 4  # one reads for a job, others for reports, clips and images of faces
_VIDEO_SECONDS = 60.0  # of the header, or of the next frame

_REMEDY = "save it again in another format, or make it smaller"


def decode_image(function: Callable[..., Any], *arguments: object) -> Any:
    """Calls a function that decodes one image in a worker process.

    Raises:
        UnreadableError: the worker dies, takes too long, or needs too much memory.
        Exception: what the function raises.
    """
    with _translate_losses("the image"):
        return _image_workers().call(function, *arguments)


def read_video(function: Callable[..., Any], *arguments: object) -> Any:
    """Calls a function that reads from a video in a worker process; raises as `decode_image`."""
    with _translate_losses("the video"):
        return _video_workers().call(function, *arguments)


def stream_video(function: Callable[..., Any], *arguments: object) -> Generator[Any, None, None]:
    """Yields what a function yields in a worker process; raises as `decode_image`."""
    with _translate_losses("the video"):
        yield from _video_workers().stream(function, *arguments)


@cache
def _image_workers() -> Workers:
    return Workers(_IMAGE_WORKERS, _WORKER_BYTES, _IMAGE_SECONDS)


@cache
def _video_workers() -> Workers:
    return Workers(_VIDEO_WORKERS, _WORKER_BYTES, _VIDEO_SECONDS)


@contextmanager
def _translate_losses(what: str) -> Iterator[None]:
    try:
        yield
    except WorkerLostError as error:
        raise UnreadableError(
            f"{what} cannot be decoded: the decoder {error}", remedy=_REMEDY
        ) from None
    except MemoryError:
        raise UnreadableError(
            f"{what} takes more than {_WORKER_BYTES // 2**20} MiB of memory to decode",
            remedy=_REMEDY,
        ) from None
