"""Frames from memory: arrays with times become the frames of a moving source."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mien.errors import MediaError
from mien.inference.media.arrays import Order
from mien.inference.media.images import Frame, read_frame

TimedArray = tuple[float, NDArray[np.generic]]
"""A frame from memory: its time in seconds from the start, and an image as an array."""

MemoryFrame = Frame | TimedArray | NDArray[np.generic]

SOURCE = "<frames>"
"""What results name as the source of arrays."""


def to_frames(
    items: Iterable[MemoryFrame], fps: float | None = None, order: Order = "rgb"
) -> Iterator[Frame]:
    """Yields frames in turn, as they are asked for.

    Args:
        items: arrays, as `mien.inference.media.arrays.to_rgb` takes them; pairs of a time and an
            array; or `Frame`s, which pass as they are.
        fps: frames a second, the times of arrays that come without one.
        order: of the arrays' channels.

    Raises:
        MediaError: `items` is one image; an array has no time; a time goes back; or an array is
            no image.
    """
    refuse_one_image(items)
    return _numbered(items, fps, order)


def to_frame(item: MemoryFrame, number: int, fps: float | None, order: Order) -> Frame:
    """Makes one frame; see `to_frames`.

    Args:
        item: the frame.
        number: of it, from 0.
        fps: as for `to_frames`.
        order: as for `to_frames`.

    Raises:
        MediaError: as `to_frames`.
    """
    if isinstance(item, Frame):
        return item
    if isinstance(item, tuple):
        time, array = item
    elif fps:
        time, array = number / fps, item
    else:
        raise MediaError(
            "an array has no time",
            subject=f"frame {number}",
            remedy="give fps, or pairs of (seconds, array)",
        )
    return replace(read_frame(array, order=order), source=SOURCE, number=number, time=float(time))


def refuse_one_image(items: object) -> None:
    """Refuses one image where several belong: its rows would pass for images.

    Raises:
        MediaError: it is one.
    """
    if isinstance(items, bytes | bytearray | memoryview):
        raise MediaError("the bytes of one file", subject="<bytes>", remedy="pass a list of them")
    shape = getattr(items, "shape", None)
    if shape is not None and len(shape) != 4:
        raise MediaError(
            f"an array {tuple(shape)} is not several images",
            subject="<array>",
            remedy="pass a list of arrays, or (number, height, width, channels)",
        )


def _numbered(items: Iterable[MemoryFrame], fps: float | None, order: Order) -> Iterator[Frame]:
    last = float("-inf")
    for number, item in enumerate(items):
        frame = to_frame(item, number, fps, order)
        if frame.time < last:
            raise MediaError(
                f"its time {frame.time:g} s is before the last frame's, {last:g} s",
                subject=f"frame {number}",
                remedy="pass frames in their order, with times in seconds",
            )
        last = frame.time
        yield frame
