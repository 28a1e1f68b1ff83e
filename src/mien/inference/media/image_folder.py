"""A folder of images as a moving source: the images are its frames."""

import re
import warnings
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from PIL import Image

from mien.clocks import clock_at
from mien.errors import MediaError
from mien.inference.media.exif import time_taken
from mien.inference.media.images import Frame, find_images, open_image, read_frame
from mien.inference.media.sampling import ALL, Chooser, Sampling

IMAGE_RATE = 25.0
"""Images a second in a folder whose images do not all say when they were taken."""

_HEIF = (".heic", ".heif", ".hif")


class ImageReader:
    """Iterates, once, over the images in a folder and below it, in the natural order of names.

    Times are when the images were taken (EXIF `DateTimeOriginal` and `SubSecTimeOriginal`), from
    the first, if all that can be read say so and these times increase; else 25 a second. An image
    that cannot be read is skipped: its number is missing, and `problems` has a sentence for it.

    Args:
        folder: where the images are.
        started: when the first was taken, in seconds since 1970, UTC; None for what each image
            says of itself, if it states a time zone.
        sampling: which images are wanted.

    Attributes:
        started: as passed.
        duration: seconds from the first image to the last, and at 25 a second one gap more.
        rate: 25; None where the images state when they were taken.
        frame_count: how many images there are.
        problems: a sentence for each image that was skipped.

    Raises:
        MediaError: there is no image. While iterating, after the last: none could be read.
    """

    def __init__(
        self, folder: Path, started: float | None = None, sampling: Sampling = ALL
    ) -> None:
        self.source = str(folder)
        self._sampling = sampling
        self.started = started
        self._paths = sorted(find_images(folder), key=_natural)
        times = _times_taken(self._paths)
        self.rate = None if times else IMAGE_RATE
        self.frame_count = len(self._paths)
        self.duration = max(times.values()) if times else self.frame_count / IMAGE_RATE
        self.problems: list[str] = []
        self._times = times or {path: i / IMAGE_RATE for i, path in enumerate(self._paths)}

    def __iter__(self) -> Iterator[Frame]:
        chooser = Chooser(self._sampling)
        for number, path in enumerate(self._paths):
            if path in self._times and not chooser.takes(number, self._times[path]):
                continue
            try:
                image = read_frame(path)
            except MediaError as error:
                self.problems.append(str(error))
                continue
            time = self._times[path]
            clock = image.clock if self.started is None else clock_at(self.started, time)
            yield Frame(self.source, image.pixels, number, time, clock=clock)
        if len(self.problems) == len(self._paths):
            raise MediaError(
                f"none of its {len(self._paths)} images can be read; the first: {self.problems[0]}",
                subject=self.source,
                remedy="choose another folder",
            )

    def close(self) -> None:
        """Does nothing: the reader keeps no image open."""


def _natural(path: Path) -> tuple[tuple[str | int, ...], ...]:
    """Sorts 2 before 10, and a folder's images together."""
    return tuple(_pieces(part) for part in path.parts)


def _pieces(part: str) -> tuple[str | int, ...]:
    pieces = re.split(r"([0-9]+)", part.casefold())
    return tuple(int(piece) if i % 2 else piece for i, piece in enumerate(pieces))


def _times_taken(paths: list[Path]) -> dict[Path, float]:
    """Returns seconds from the first image; none where a time is absent or they do not increase."""
    taken: dict[Path, datetime] = {}
    for path in paths:
        try:
            taken[path] = _taken(path)
        except LookupError:
            return {}
        except Exception:  # noqa: S112  # reading a damaged image reports it
            continue
    if not all(time.tzinfo for time in taken.values()):
        taken = {path: time.replace(tzinfo=None) for path, time in taken.items()}
    if any(later <= earlier for earlier, later in pairwise(taken.values())):
        return {}
    first = next(iter(taken.values()), None)
    return {path: (time - first).total_seconds() for path, time in taken.items() if first}


def _taken(path: Path) -> datetime:
    """Reads when an image was taken, as `time_taken`."""
    if path.suffix.lower() in _HEIF:
        from pillow_heif import register_heif_opener  # noqa: PLC0415  # the import takes a while

        register_heif_opener()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd metadata
        with open_image(path) as file, Image.open(file) as image:
            return time_taken(image)
