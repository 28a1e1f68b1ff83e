"""A folder of pictures as a film: a time-lapse, a burst, or frames that were taken out of one."""

import re
import warnings
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from PIL import Image

from mien.errors import MediaError
from mien.inference.media.pictures import Frame, find_pictures, open_picture, read_frame

PICTURE_RATE = 25.0
"""Pictures a second in a folder whose pictures do not all say when they were taken."""

_HEIF = (".heic", ".heif", ".hif")
_EXIF, _TAKEN, _SUBSECOND = 0x8769, 0x9003, 0x9291  # EXIF's numbers for these


class PictureReader:
    """Iterates, once, over the pictures in a folder and below it, in the natural order of names.

    Times are when the pictures were taken (EXIF `DateTimeOriginal` and `SubSecTimeOriginal`), from
    the first, if all that can be read say so and these times increase; else 25 a second. A picture
    that cannot be read is skipped: its number is left out, and `problems` tells.

    Args:
        folder: where the pictures are.

    Attributes:
        duration: seconds from the first picture to the last, and at 25 a second one gap more.
        rate: 25; None where the pictures state their times.
        frame_count: how many pictures there are.
        problems: a sentence for each picture that was skipped.

    Raises:
        MediaError: there is no picture. While iterating, after the last: none could be read.
    """

    def __init__(self, folder: Path) -> None:
        self.source = str(folder)
        self._paths = sorted(find_pictures(folder), key=_natural)
        times = _times_taken(self._paths)
        self.rate = None if times else PICTURE_RATE
        self.frame_count = len(self._paths)
        self.duration = max(times.values()) if times else self.frame_count / PICTURE_RATE
        self.problems: list[str] = []
        self._times = times or {path: i / PICTURE_RATE for i, path in enumerate(self._paths)}

    def __iter__(self) -> Iterator[Frame]:
        for number, path in enumerate(self._paths):
            try:
                pixels = read_frame(path).pixels
            except MediaError as error:
                self.problems.append(str(error))
                continue
            yield Frame(self.source, pixels, number, self._times[path])
        if len(self.problems) == len(self._paths):
            raise MediaError(
                f"{self.source}: none of its {len(self._paths)} pictures can be read; "
                f"the first: {self.problems[0]}"
            )

    def close(self) -> None:
        """Does nothing: no picture is kept open."""


def _natural(path: Path) -> tuple[tuple[str | int, ...], ...]:
    """Sorts 2 before 10, and a folder's pictures together."""
    return tuple(_pieces(part) for part in path.parts)


def _pieces(part: str) -> tuple[str | int, ...]:
    pieces = re.split(r"([0-9]+)", part.casefold())
    return tuple(int(piece) if i % 2 else piece for i, piece in enumerate(pieces))


def _times_taken(paths: list[Path]) -> dict[Path, float]:
    """Returns seconds from the first picture, or nothing where they do not serve as times."""
    moments: dict[Path, datetime] = {}
    for path in paths:
        try:
            moments[path] = _taken(path)
        except LookupError:
            return {}
        except Exception:  # noqa: S112  # a damaged picture raises many things; reading it tells
            continue
    if any(later <= earlier for earlier, later in pairwise(moments.values())):
        return {}
    first = next(iter(moments.values()), None)
    return {path: (moment - first).total_seconds() for path, moment in moments.items() if first}


def _taken(path: Path) -> datetime:
    """Reads when a picture was taken.

    Raises:
        LookupError: it does not say so.
    """
    if path.suffix.lower() in _HEIF:
        from pillow_heif import register_heif_opener  # noqa: PLC0415  # the import takes a while

        register_heif_opener()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd metadata
        with open_picture(path) as file, Image.open(file) as image:
            exif = image.getexif().get_ifd(_EXIF)
    try:
        moment = datetime.strptime(str(exif[_TAKEN])[:19], "%Y:%m:%d %H:%M:%S")
        return moment + timedelta(seconds=float(f"0.{str(exif.get(_SUBSECOND, 0)).strip()}"))
    except ValueError:
        raise LookupError from None
