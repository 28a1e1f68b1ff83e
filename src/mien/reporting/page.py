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
    Pictures,
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
    Film,
    Timeline,
    find_films,
    find_key_moments,
    pick_rows,
)
from mien.results import Box

_BINS = 2000  # more than a wide screen has pixels, so that a part of the film shows well, too


def to_json(films: list[Film]) -> str:
    """Returns the data as JSON that is safe inside an HTML script element.

    Times are whole milliseconds from the film's start, probabilities are in 255ths.
    """
    data = {"emotions": EMOTIONS, "labels": LABELS, "films": [_film(film) for film in films]}
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _film(film: Film) -> dict[str, Any]:
    return {
        "length": _milliseconds(film.end - film.start),
        "interval": film.interval * 1000,
        "start": film.start,
        "people": [_person(person, film) for person in film.people],
    }


def _person(one: Timeline, film: Film) -> dict[str, Any]:
    width = max(film.end - film.start, film.interval, 1e-3) / _BINS
    values = np.concatenate([one.shown, one.rows.raw], axis=1)
    rows = pick_rows(one.rows.time, values, one.parts, width)
    times = _milliseconds(one.rows.time[rows] - film.start)
    strip = [(stretch.start, stretch.end) for stretch in one.stretches]
    return {
        "person": one.person,
        "times": _base64(times, np.uint32),
        "smoothed": _base64(np.rint(one.shown[rows] * 255), np.uint8),
        "raw": _base64(np.rint(one.rows.raw[rows] * 255), np.uint8),
        "label": _base64(one.rows.label[rows], np.uint8),
        "parts": np.searchsorted(rows, one.parts).tolist(),
        "strip": _base64(_milliseconds(np.array(strip) - film.start), np.uint32),
        "stripLabel": _base64(np.array([it.label for it in one.stretches]), np.uint8),
    }


def _milliseconds(seconds: Any) -> Any:
    return np.rint(np.asarray(seconds) * 1000).astype(np.int64).tolist()


def _base64(values: Any, kind: type[np.unsignedinteger[Any]]) -> str:
    array: NDArray[Any] = np.asarray(values).astype(np.dtype(kind).newbyteorder("<"))
    return base64.b64encode(array.tobytes()).decode("ascii")


def film_section(number: int, film: Film, pictures: Pictures, heading: bool) -> str:
    """Returns all that the page tells of one source.

    Args:
        number: of the film, from 0.
        film: what to tell.
        pictures: of its key moments; empty where the film is not at hand.
        heading: whether the source's name stands above, as it does where there are several.
    """
    title = f"<h2>{shown(film.source)}</h2>" if heading else ""
    facts = (
        f"<p class='facts'>{duration(film.end - film.start)}, "
        f"{count(film.frames, 'frame', 'frames')}, "
        f"{count(len(film.people), 'person', 'people')}</p>"
    )
    if not film.people:
        nobody = "<p>Nobody with a number was seen, so there is no timeline.</p>"
        return f"<section class='film'>{title}{facts}{nobody}</section>"
    people = "".join(
        _sections_person(number, position, person, film, pictures)
        for position, person in enumerate(film.people)
    )
    body = f"{title}{facts}{_summary(number, film)}{_tools(number)}{people}"
    return f"<section class='film' data-film='{number}'>{body}</section>"


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
            ("all", "Show the whole film", "All"),
        )
    )
    return (
        "<div class='tools'><div class='inner'>"
        f"<fieldset><legend class='aside'>Probabilities</legend>{modes}</fieldset>"
        f"<div role='group' aria-label='Zoom'>{buttons}</div>"
        "<input type='range' class='pan' aria-label='Part of the film that is shown' hidden>"
        f"<span class='clock'></span></div>{legend()}</div>"
    )


def _summary(number: int, film: Film) -> str:
    rows = "".join(
        f"<tr><th scope='row'><a href='#{_anchor(number, one)}'>Person {one.person}</a></th>"
        f"<td class='number'>{duration(one.visible)}</td><td>{share_stack(one)}</td></tr>"
        for one in film.people
    )
    return (
        "<table class='summary'><caption class='aside'>Everyone at a glance</caption>"
        "<thead><tr><th scope='col'>Who</th><th scope='col' class='number'>In view</th>"
        f"<th scope='col'>Shares of that time</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _sections_person(
    number: int, position: int, one: Timeline, film: Film, pictures: Pictures
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
        f"{moments(one, film, pictures)}{stretch_table(one)}</section>"
    )


def _anchor(number: int, one: Timeline) -> str:
    return f"film-{number}-person-{one.person}"


Thumbnail = Callable[[float, Box], NDArray[np.uint8] | None]
"""Gives a face's picture, RGB uint8 (H, W, 3), by its frame's time and its box; None: has none."""

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
            records have one source. Without it the page has no pictures.
        title: the page's; by default the source's name without its folder.

    Raises:
        MediaError: there are no records, or the page cannot be written.
    """
    path = Path(path)
    films = find_films(records)
    if not films:
        raise MediaError(f"{path}: there are no records to report on; give a file that has rows.")
    title = title or (Path(films[0].source).name if len(films) == 1 else f"{len(films)} sources")
    pictures = _take_pictures(films[0], thumbnail) if thumbnail and len(films) == 1 else {}
    page = _fill(films, pictures, title or "records", _left_out(records))
    try:
        with replacing(path) as beside:
            beside.write_text(page, "utf-8")
    except OSError as error:
        raise MediaError(
            f"{path}: cannot be written ({error.strerror}); choose another place for the page."
        ) from None


def _take_pictures(film: Film, thumbnail: Thumbnail) -> Pictures:
    """Asks for pictures in order of time, so that a film is read once, from front to back."""
    wanted = sorted(
        (moment.peak_time, one.person, moment.peak_row, Box(*one.rows.boxes[moment.peak_row]))
        for one in film.people
        for moment in find_key_moments(one.stretches)
    )
    pictures: Pictures = {}
    for time, person, row, box in wanted:
        pixels = thumbnail(time, box)
        if pixels is not None:
            pictures[person, row] = _to_data_uri(pixels)
    return pictures


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


def _fill(films: list[Film], pictures: Pictures, title: str, note: str) -> str:
    several = len(films) > 1
    sections = "".join(
        film_section(number, film, pictures, several) for number, film in enumerate(films)
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
        data=to_json(films),
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
