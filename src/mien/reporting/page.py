"""One self-contained HTML page of a file of records. It reaches for no network, nor can it."""

import base64
import hashlib
import json
import os
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.emotions import COLORS, EMOTIONS
from mien.errors import MediaError
from mien.files import replacing
from mien.inference.records import LABELS, Records
from mien.inference.tracking.smoothing import TIME_CONSTANT
from mien.reporting.tables import (
    Images,
    clock,
    count,
    duration,
    legend,
    moments,
    share_bars,
    share_stack,
    shown,
    stretch_table,
    transition_table,
)
from mien.reporting.timeline import (
    GAP_SECONDS,
    STAY_SECONDS,
    Timeline,
    Video,
    find_key_moments,
    find_videos,
    pick_rows,
)
from mien.results import Box

_BINS = 2000  # more than a wide screen has pixels, so that a part of the video shows well, too


def to_json(videos: list[Video]) -> str:
    """Returns the data as JSON that is safe inside an HTML script element.

    Times are whole milliseconds from the video's start, probabilities are in 255ths.
    """
    data = {"emotions": EMOTIONS, "labels": LABELS, "films": [_video(video) for video in videos]}
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _video(video: Video) -> dict[str, Any]:
    return {
        "length": _milliseconds(video.end - video.start),
        "interval": video.interval * 1000,
        "start": video.start,
        "people": [_person(person, video) for person in video.people],
    }


def _person(one: Timeline, video: Video) -> dict[str, Any]:
    width = max(video.end - video.start, video.interval, 1e-3) / _BINS
    values = np.concatenate([one.shown, one.rows.raw], axis=1)
    rows = pick_rows(one.rows.time, values, one.parts, width)
    times = _milliseconds(one.rows.time[rows] - video.start)
    strip = [(stretch.start, stretch.end) for stretch in one.stretches]
    return {
        "person": one.person,
        "times": _base64(times, np.uint32),
        "smoothed": _base64(np.rint(one.shown[rows] * 255), np.uint8),
        "raw": _base64(np.rint(one.rows.raw[rows] * 255), np.uint8),
        "label": _base64(one.rows.label[rows], np.uint8),
        "parts": np.searchsorted(rows, one.parts).tolist(),
        "strip": _base64(_milliseconds(np.array(strip) - video.start), np.uint32),
        "stripLabel": _base64(np.array([it.label for it in one.stretches]), np.uint8),
    }


def _milliseconds(seconds: Any) -> Any:
    return np.rint(np.asarray(seconds) * 1000).astype(np.int64).tolist()


def _base64(values: Any, kind: type[np.unsignedinteger[Any]]) -> str:
    array: NDArray[Any] = np.asarray(values).astype(np.dtype(kind).newbyteorder("<"))
    return base64.b64encode(array.tobytes()).decode("ascii")


def video_section(number: int, video: Video, images: Images, heading: bool) -> str:
    """Returns all that the page tells of one source.

    Args:
        number: of the video, from 0.
        video: what to tell.
        images: of its key moments; empty where the video is not at hand.
        heading: whether the source's name stands above, as it does where there are several.
    """
    title = f"<h2>{shown(video.source)}</h2>" if heading else ""
    facts = (
        f"<p class='facts'>{duration(video.end - video.start)}, "
        f"{count(video.frames, 'frame', 'frames')}, "
        f"{count(len(video.people), 'person', 'people')}</p>"
    )
    if not video.people:
        nobody = "<p>Nobody with a number was seen, so there is no timeline.</p>"
        return f"<section class='film'>{title}{facts}{nobody}</section>"
    people = "".join(
        _sections_person(number, position, person, video, images)
        for position, person in enumerate(video.people)
    )
    body = f"{title}{facts}{_summary(number, video)}{_tools(number)}{people}"
    return f"<section class='film' data-video='{number}'>{body}</section>"


def _tools(number: int) -> str:
    modes = "".join(
        f"<label><input type='radio' name='mode-{number}' value='{mode}'{checked}>{text}</label>"
        for mode, text, checked in (("smoothed", "Smoothed", " checked"), ("raw", "Raw", ""))
    )
    buttons = "".join(
        f"<button type='button' data-do='{action}' aria-label='{text}'>{sign}</button>"
        for action, text, sign in (
            ("out", "Zoom out", "−"),  # noqa: RUF001 - the sign, as wide as the plus
            ("in", "Zoom in", "+"),
            ("all", "Show the whole video", "All"),
        )
    )
    return (
        "<div class='tools'><div class='inner'>"
        f"<fieldset><legend class='aside'>Probabilities</legend>{modes}</fieldset>"
        f"<div role='group' aria-label='Zoom'>{buttons}</div>"
        "<input type='range' class='pan' aria-label='Part of the video that is shown' hidden>"
        f"<span class='clock'></span></div>{legend()}</div>"
    )


def _summary(number: int, video: Video) -> str:
    rows = "".join(
        f"<tr><th scope='row'><a href='#{_anchor(number, one)}'>Person {one.person}</a></th>"
        f"<td class='number'>{duration(one.visible)}</td><td>{share_stack(one)}</td></tr>"
        for one in video.people
    )
    return (
        "<table class='summary'><caption class='aside'>Everyone at a glance</caption>"
        "<thead><tr><th scope='col'>Who</th><th scope='col' class='number'>In view</th>"
        f"<th scope='col'>Shares of that time</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _sections_person(
    number: int, position: int, one: Timeline, video: Video, images: Images
) -> str:
    first, last = one.rows.time[0], one.rows.time[-1]
    anchor = _anchor(number, one)
    return (
        f"<section class='person' aria-labelledby='{anchor}'>"
        f"<h3 id='{anchor}'>Person {one.person} <small>{clock(first)} to {clock(last)}, "
        f"in view for {duration(one.visible)}</small></h3>"
        f"<div class='track' role='slider' tabindex='0' data-person='{position}' "
        f"aria-label='Time, person {one.person}'><canvas></canvas><i class='cursor'></i></div>"
        "<p class='readout'></p>"
        f"<div class='pair'><div>{share_bars(one)}</div><div>{transition_table(one)}</div></div>"
        f"{moments(one, video, images)}{stretch_table(one)}</section>"
    )


def _anchor(number: int, one: Timeline) -> str:
    return f"video-{number}-person-{one.person}"


Thumbnail = Callable[[float, Box], NDArray[np.uint8] | None]
"""Gives a face's image, RGB uint8 (H, W, 3), by its frame's time and its box; None: has none."""

_THUMBNAIL = 144  # pixels: twice what the page shows, for sharp screens


def write_report(
    records: Records,
    path: str | os.PathLike[str],
    thumbnail: Thumbnail | None = None,
    title: str | None = None,
) -> None:
    """Writes the page: a timeline, shares of time, key moments and transitions of each person.

    Args:
        records: of one source, or of several.
        path: the page to write, or to replace.
        thumbnail: asked for the face of every key moment, in order of time; only where the
            records have one source. Without it the page has no images.
        title: the page's; by default the source's name without its folder.

    Raises:
        MediaError: there are no records, or the page cannot be written.
    """
    path = Path(path)
    videos = find_videos(records)
    if not videos:
        raise MediaError(
            "there are no records to report on", subject=path, remedy="give a file that has rows"
        )
    title = title or (Path(videos[0].source).name if len(videos) == 1 else f"{len(videos)} sources")
    images = _take_images(videos[0], thumbnail) if thumbnail and len(videos) == 1 else {}
    page = _fill(videos, images, title or "records", _left_out(records))
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
        (moment.peak_time, one.person, moment.peak_row, Box(*one.rows.boxes[moment.peak_row]))
        for one in video.people
        for moment in find_key_moments(one.stretches)
    )
    images: Images = {}
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


def _left_out(records: Records) -> str:
    """Tells of faces that no timeline can show, for want of a number."""
    number = int(((records.person < 0) & (records.label >= 0)).sum())
    if not number:
        return ""
    return (
        f"<p class='note'>{number:,} of the faces recorded carry no person's number, as in a "
        "photo, and are not shown.</p>"
    )


def _fill(videos: list[Video], images: Images, title: str, note: str) -> str:
    several = len(videos) > 1
    sections = "".join(
        video_section(number, video, images, several) for number, video in enumerate(videos)
    )
    script = _template("page.js")
    return Template(_template("page.html")).substitute(
        title=shown(title),
        note=note,
        sections=sections,
        style=_colors() + _template("page.css"),
        script=script,
        # The page's own script may run and nothing else, whatever a file's name smuggles in.
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii"),
        data=to_json(videos),
        constant=f"{TIME_CONSTANT:g}",
        gap=f"{GAP_SECONDS:g}",
        stay=f"{STAY_SECONDS:g}",
    )


def _colors() -> str:
    colors = "".join(f"--{name}:{color};" for name, color in COLORS.items())
    rules = "".join(f".{name}{{--fill:var(--{name})}}\n" for name in COLORS)
    return f":root{{{colors}}}\n{rules}"


@cache
def _template(name: str) -> str:
    return files("mien.reporting").joinpath(name).read_text("utf-8")
