"""What `mien predict` is asked to look at: words of the command line become images and streams."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from glob import glob, has_magic
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from mien.cli.console import print_note
from mien.errors import MediaError
from mien.inference.media.download import is_address, serves_image
from mien.inference.media.images import (
    MOTION_JPEG,
    PLAYLISTS,
    SUFFIXES,
    VIDEOS,
    Source,
    find_images,
    find_videos,
)

STANDARD_INPUT = "-"


@dataclass(frozen=True)
class Sources:
    """The sources of a command, in their order.

    Attributes:
        images: paths, addresses as text, and `STANDARD_INPUT`; a folder's images one by one.
        streams: videos, cameras, streams, and folders whose images are one video.
        named: those of the images that were named themselves, not found in a folder or pattern.
        root: where the places of images begin: the one folder that was named, if it was one.
    """

    images: list[Path | str] = field(default_factory=list)
    streams: list[str] = field(default_factory=list)
    named: set[Path | str] = field(default_factory=set)
    root: Path | None = None


def find_sources(words: Sequence[str], video: bool) -> Sources:
    """Sorts what was named into images and streams.

    Args:
        words: paths, patterns such as `photos/**/*.jpg`, addresses, camera numbers, and
            `STANDARD_INPUT`.
        video: whether a folder's images are the frames of one video.

    Raises:
        MediaError: a folder has no images, a pattern fits no file, or an address cannot be opened.
    """
    names = [name for word in words for name in _expand(word)]
    folders = [Path(name) for name in names if Path(name).is_dir()]
    found = Sources(root=folders[0] if len(names) == len(folders) == 1 else None)
    for name in names:
        if video or _is_stream(name):
            found.streams.append(name)
        elif name == STANDARD_INPUT or is_address(name):
            found.images.append(name)
        else:
            found.images.extend(find_images(name))
            _tell_videos(Path(name))
    found.named.update(image for image in found.images if str(image) in words)
    return found


def read_source(image: Path | str) -> Source:
    """Returns what `read_frame` takes of an image that `find_sources` found.

    Raises:
        MediaError: standard input is empty.
    """
    if image != STANDARD_INPUT:
        return image
    content = sys.stdin.buffer.read()
    if not content:
        raise MediaError("standard input is empty", remedy="pipe one image into it")
    return content


def _expand(word: str) -> Iterator[str]:
    """Yields the files of a pattern that no shell expanded; any other word as it is."""
    if not has_magic(word) or is_address(word) or Path(word).exists():
        yield word
        return
    files = sorted(glob(word, recursive=True))  # noqa: PTH207 - absolute patterns too
    if not files:
        raise MediaError("no file fits this pattern", subject=word, remedy="check it")
    yield from (name for name in files if not Path(name).is_dir())


def _is_stream(name: str) -> bool:
    """Tells what has frames from images; imports PyAV, which is slow, for no photo."""
    if is_address(name):
        return not _is_image_address(name)
    path = Path(name)
    if name == STANDARD_INPUT or path.is_dir() or path.suffix.lower() in SUFFIXES:
        return False
    from mien.inference.media.sources import is_moving

    return is_moving(name)


def _is_image_address(address: str) -> bool:
    """Tells an image from a stream by the suffix, and where that says nothing, by the server."""
    suffix = PurePosixPath(urlsplit(address).path).suffix.lower()
    if suffix in SUFFIXES:
        return True
    if suffix in (*VIDEOS, *PLAYLISTS, *MOTION_JPEG):
        return False
    return serves_image(address)


def _tell_videos(folder: Path) -> None:
    if folder.is_dir() and (videos := len(find_videos(folder))):
        count = "a video was" if videos == 1 else f"{videos} videos were"
        print_note(f"{folder}: {count} left out; name them, or use 'mien batch'")
