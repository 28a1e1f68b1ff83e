"""The data of the page's chart: compact, and safe inside an HTML script element."""

import base64
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.emotions import UNSURE
from mien.reporting.format import valid_unicode
from mien.study.recording import Recording
from mien.study.timeline import Timeline, Video, pick_rows

_BINS = 2000  # more than a wide screen has pixels, so that a part of the video is sharp, too


def to_json(videos: list[Video], recordings: Sequence[Recording]) -> str:
    """Returns the data of all videos as JSON.

    Times are whole milliseconds from the video's start, probabilities are in 255ths. `layers` has
    the labels' order from the foot of the chart up: what lies above neutral is an expression.
    `events` has start, end, whether it is excluded, and title of each event about a person.
    """
    labels = videos[0].labels
    data = {
        "emotions": labels,
        "labels": (*labels, UNSURE),
        "layers": neutral_first(labels),
        "films": [
            _video(video, recording) for video, recording in zip(videos, recordings, strict=True)
        ],
    }
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def neutral_first(labels: tuple[str, ...]) -> list[int]:
    """Returns the indices of the labels, that of neutral, where there is one, before the others."""
    return sorted(range(len(labels)), key=lambda label: labels[label] != "neutral")


def _video(video: Video, recording: Recording) -> dict[str, Any]:
    return {
        "length": _milliseconds(video.end - video.start),
        "interval": video.interval * 1000,
        "start": video.start,
        "people": [_person(person, video, recording) for person in video.people],
    }


def _person(person: Timeline, video: Video, recording: Recording) -> dict[str, Any]:
    width = max(video.end - video.start, video.interval, 1e-3) / _BINS
    values = np.concatenate([person.displayed, person.rows.raw], axis=1)
    rows = pick_rows(person.rows.time, values, person.parts, width)
    times = _milliseconds(person.rows.time[rows] - video.start)
    strip = [(segment.start, segment.end) for segment in person.segments]
    return {
        "person": person.person,
        "events": [
            (
                *_milliseconds([event.onset - video.start, event.end - video.start]),
                event.excluded,
                valid_unicode(event.title),
            )
            for event in recording.events
            if event.concerns(recording.name_of(person.person))
        ],
        "times": _base64(times, np.uint32),
        "smoothed": _base64(np.rint(person.displayed[rows] * 255), np.uint8),
        "raw": _base64(np.rint(person.rows.raw[rows] * 255), np.uint8),
        "label": _base64(person.rows.label[rows], np.uint8),
        "parts": np.searchsorted(rows, person.parts).tolist(),
        "strip": _base64(_milliseconds(np.array(strip) - video.start), np.uint32),
        "stripLabel": _base64(np.array([it.label for it in person.segments]), np.uint8),
    }


def _milliseconds(seconds: Any) -> Any:
    return np.rint(np.asarray(seconds) * 1000).astype(np.int64).tolist()


def _base64(values: Any, kind: type[np.unsignedinteger[Any]]) -> str:
    array: NDArray[Any] = np.asarray(values).astype(np.dtype(kind).newbyteorder("<"))
    return base64.b64encode(array.tobytes()).decode("ascii")
