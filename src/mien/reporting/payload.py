"""What the page's script draws from: each person's picked records, in as few bytes as will do."""

import base64
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS
from mien.inference.records import LABELS
from mien.reporting.timeline import Film, Timeline, pick_rows

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
