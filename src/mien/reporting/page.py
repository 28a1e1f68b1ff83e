"""One self-contained HTML page of a file of records. It reaches for no network, nor can it."""

import base64
import hashlib
import os
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from string import Template

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.emotions import COLORS
from mien.errors import MediaError
from mien.files import replacing
from mien.inference.records import Records
from mien.inference.tracking.smoothing import TIME_CONSTANT
from mien.reporting.payload import to_json
from mien.reporting.sections import film_section
from mien.reporting.tables import Pictures
from mien.reporting.timeline import (
    GAP_SECONDS,
    STAY_SECONDS,
    Film,
    find_films,
    find_key_moments,
)
from mien.reporting.words import shown
from mien.results import Box

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
