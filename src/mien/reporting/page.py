"""One self-contained HTML page of a file of records. It reaches for no network, nor can it."""

import base64
import hashlib
import os
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import numpy as np
from jinja2 import Environment, StrictUndefined, Template
from numpy.typing import NDArray
from PIL import Image

from mien.design import inline_style
from mien.emotions import colors_of
from mien.errors import MediaError
from mien.files import replacing
from mien.inference.records.layout import DETECTOR
from mien.inference.tracking.smoothing import TIME_CONSTANT
from mien.reporting.chart import neutral_first, to_json
from mien.reporting.format import clock, count, duration, percent, valid_unicode
from mien.reporting.summary import Images, summarize
from mien.results import Box
from mien.study.recording import Recording
from mien.study.timeline import (
    GAP_SECONDS,
    STAY_SECONDS,
    Video,
    find_key_moments,
    find_videos,
)

Thumbnail = Callable[[float, Box], NDArray[np.uint8] | None]
"""Returns a face's image, RGB uint8 (H, W, 3), or None, from its frame's time and its box."""

_THUMBNAIL = 144  # pixels: twice what the page shows, for sharp screens


def write_report(
    recordings: Sequence[Recording],
    path: str | os.PathLike[str],
    thumbnail: Thumbnail | None = None,
    title: str | None = None,
) -> None:
    """Writes the page: a timeline, shares of time, key moments and transitions of each person.

    Args:
        recordings: of one model; their names, events and exclusions are shown.
        path: the page to write, or to replace.
        thumbnail: asked for the face of every key moment, in order of time; only where there is
            one recording. Without it the page has no images.
        title: the page's; by default the recording's name.

    Raises:
        MediaError: there are no records, or the page cannot be written.
    """
    path = Path(path)
    videos = [video for it in recordings for video in find_videos(it.records)]
    if not videos:
        raise MediaError(
            "there are no records to report on", subject=path, remedy="give a file that has rows"
        )
    title = title or (recordings[0].name if len(videos) == 1 else f"{len(videos)} sources")
    images = _take_images(videos[0], thumbnail) if thumbnail and len(videos) == 1 else {}
    page = _render(recordings, videos, images, title or "records")
    try:
        with replacing(path) as beside:
            beside.write_text(page, "utf-8")
    except OSError as error:
        raise MediaError(
            f"cannot be written ({error.strerror})",
            subject=path,
            remedy="choose another place for the page",
        ) from None


def _take_images(video: Video, thumbnail: Thumbnail) -> Images:
    """Asks for images in order of time, so that a video is read once, from front to back."""
    wanted = sorted(
        (moment.peak_time, person.person, moment.peak_row, Box(*person.rows.boxes[moment.peak_row]))
        for person in video.people
        for moment in find_key_moments(person)
    )
    images = {}
    for time, person, row, box in wanted:
        pixels = thumbnail(time, box)
        if pixels is not None:
            images[person, row] = _to_data_uri(pixels)
    return images


def _to_data_uri(pixels: NDArray[np.uint8]) -> str:
    image = Image.fromarray(pixels)
    image.thumbnail((_THUMBNAIL, _THUMBNAIL))
    file = BytesIO()
    image.save(file, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"


def _count_left_out(recordings: Sequence[Recording]) -> int:
    """Returns how many faces no timeline can show, for want of a person id."""
    faces = (it.records for it in recordings)
    return sum(int(((rows.person < 0) & (rows.label >= 0)).sum()) for rows in faces)


def _detectors(recordings: Sequence[Recording]) -> str:
    """Names what found the faces; empty where no record says."""
    columns = (it.records.extra.get(DETECTOR, ()) for it in recordings)
    return ", ".join(sorted({str(name) for column in columns for name in column if name}))


def _render(
    recordings: Sequence[Recording], videos: list[Video], images: Images, title: str
) -> str:
    labels, script = videos[0].labels, _read("page.js")
    colors = colors_of(labels)
    return _template().render(
        title=title,
        left_out=_count_left_out(recordings),
        detectors=_detectors(recordings),
        videos=videos,
        recordings=recordings,
        people=[
            [summarize(person, images, recording) for person in video.people]
            for recording, video in zip(recordings, videos, strict=True)
        ],
        codes=tuple(colors),
        order=[*neutral_first(labels), len(labels)],
        unsure=len(labels),
        colors=list(colors.values()),
        style=inline_style() + _read("page.css"),
        script=script,
        # The page's own script may run and nothing else, whatever a file's name smuggles in.
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii"),
        data=to_json(videos, recordings),
        constant=f"{TIME_CONSTANT:g}",
        gap=f"{GAP_SECONDS:g}",
        stay=f"{STAY_SECONDS:g}",
    )


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "clock": clock,
        "duration": duration,
        "percent": percent,
        "count": count,
        "valid": valid_unicode,
    }
    return environment.from_string(_read("page.html"))


@cache
def _read(name: str) -> str:
    return files("mien.reporting").joinpath(name).read_text("utf-8")
