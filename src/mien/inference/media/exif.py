"""When a photo was taken, as its EXIF metadata say."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from PIL import ExifTags, Image

Tags = Mapping[int, Any]


def time_taken(image: Image.Image) -> datetime:
    """Returns when an opened photo was taken; with its time zone, if the photo states one.

    It is `DateTimeOriginal`, `SubSecTimeOriginal` and `OffsetTimeOriginal`.

    Raises:
        LookupError: the photo does not say when it was taken.
        Exception: damaged EXIF raises many things.
    """
    tags: Tags = image.getexif().get_ifd(ExifTags.IFD.Exif)
    try:
        text = str(tags[ExifTags.Base.DateTimeOriginal])[:19]
        taken = datetime.strptime(text, "%Y:%m:%d %H:%M:%S")
        fraction = str(tags.get(ExifTags.Base.SubsecTimeOriginal, 0)).strip()
        return _localize(taken + timedelta(seconds=float(f"0.{fraction}")), tags)
    except ValueError:
        raise LookupError from None


def _localize(taken: datetime, tags: Tags) -> datetime:
    offset = str(tags.get(ExifTags.Base.OffsetTimeOriginal, "")).strip(" \0")
    try:
        return taken.replace(tzinfo=datetime.strptime(offset, "%z").tzinfo)
    except ValueError:
        return taken


def clock_taken(image: Image.Image) -> float | None:
    """Returns when an opened photo was taken, in seconds since 1970 in UTC.

    None where the photo does not say it, or states no time zone: a camera's local time could be
    that of any place.
    """
    try:
        taken = time_taken(image)
    except Exception:  # damaged EXIF raises many things, and the image itself is fine
        return None
    return None if taken.tzinfo is None else taken.timestamp()
