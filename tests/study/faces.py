"""Recordings for the tests, from probabilities over time."""

from collections.abc import Mapping, Sequence

import numpy as np

from mien.emotions import EMOTIONS
from mien.inference.records import Records
from mien.study.events import Event
from mien.study.recording import Recording

NEUTRAL, HAPPY, SAD = EMOTIONS.index("neutral"), EMOTIONS.index("happy"), EMOTIONS.index("sad")


def mix(**shares: float) -> np.ndarray:
    """Returns seven probabilities: the given ones, the rest shared by the other labels."""
    rest = (1 - sum(shares.values())) / (len(EMOTIONS) - len(shares))
    return np.array([shares.get(label, rest) for label in EMOTIONS])


def records(
    rows: Sequence[np.ndarray | None],
    interval: float = 0.1,
    source: str = "talk.mp4",
    person: int = 1,
    attributes: Mapping[str, float] | None = None,
    labels: tuple[str, ...] = EMOTIONS,
    score: float = 0.99,
) -> Records:
    """Returns one person's records; None is a frame without a face."""
    nothing = np.full(len(labels), np.nan)
    raw = np.array([nothing if row is None else row for row in rows], np.float32)
    seen = ~np.isnan(raw[:, 0])
    boxes = np.where(seen[:, None], [10.0, 20.0, 100.0, 120.0], np.nan).astype(np.float32)
    return Records(
        source=np.full(len(rows), source, np.object_),
        frame=np.arange(len(rows)),
        time=np.arange(len(rows)) * interval,
        person=np.where(seen, person, -1),
        boxes=boxes,
        score=np.where(seen, score, np.nan).astype(np.float32),
        label=np.where(seen, np.nan_to_num(raw).argmax(1), -1).astype(np.int8),
        confidence=np.where(seen, np.nan_to_num(raw).max(1), np.nan).astype(np.float32),
        raw=raw,
        smoothed=raw,
        labels=labels,
        attributes={
            name: np.where(seen, value, np.nan).astype(np.float32)
            for name, value in (attributes or {}).items()
        },
    )


def recording(
    rows: Sequence[np.ndarray | None],
    events: Sequence[Event] = (),
    name: str = "talk.mp4",
    participant: str = "Anna",
    interval: float = 0.1,
) -> Recording:
    """Returns a recording of one named person."""
    return Recording(
        name, records(rows, interval, name), people={1: participant}, events=tuple(events)
    )
