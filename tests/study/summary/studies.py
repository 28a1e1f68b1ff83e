"""Recordings for the tests, made of probabilities without a file."""

from collections.abc import Sequence

import numpy as np

from mien.emotions import EMOTIONS
from mien.inference.records import Records
from mien.study.events import Event
from mien.study.recording import Recording
from mien.study.summary.cells import Observation
from mien.study.summary.observations import observe

HAPPY = EMOTIONS.index("happy")


def probabilities(happy: Sequence[float]) -> np.ndarray:
    """Probability of happy as given, all else neutral, float32 (N, 7)."""
    values = np.zeros((len(happy), len(EMOTIONS)), np.float32)
    values[:, HAPPY] = happy
    values[:, EMOTIONS.index("neutral")] = 1 - np.asarray(happy)
    return values


def record(
    name: str,
    values: np.ndarray,
    *,
    person: str = "Anna",
    condition: str = "",
    interval: float = 0.1,
    events: Sequence[Event] = (),
    yaw: Sequence[float] | None = None,
    labels: tuple[str, ...] = EMOTIONS,
    absent: Sequence[int] = (),
) -> Recording:
    """One person's recording.

    Args:
        values: probabilities (N, L); a photo has one row, and `interval` 0.
        yaw: degrees; more than 45 is not usable.
        absent: rows without a face.
    """
    count = len(values)
    label = values.argmax(axis=1).astype(np.int8)
    label[list(absent)] = -1
    people = np.where(label < 0, -1, 1 if interval else -1)
    rows = Records(
        source=np.full(count, name, object),
        frame=np.arange(count),
        time=np.arange(count) * interval,
        person=people.astype(np.int64),
        boxes=np.full((count, 4), 100, np.float32),
        score=np.full(count, 0.99, np.float32),
        label=label,
        confidence=values.max(axis=1).astype(np.float32),
        raw=values.astype(np.float32),
        smoothed=np.full(values.shape, np.nan, np.float32),
        labels=labels,
        attributes={} if yaw is None else {"yaw": np.array(yaw, np.float32)},
    )
    columns = {key: it for key, it in (("participant", person), ("condition", condition)) if it}
    return Recording(name, rows, {}, tuple(events), columns)


def study(people: int, gain: float = 0.2, seconds: float = 4, interval: float = 0.1) -> list:
    """Each person in "control" and "joy"; in "joy", happy is more probable by about `gain`."""
    rng = np.random.default_rng(0)
    recordings = []
    for number in range(people):
        own = rng.uniform(0.2, 0.4)
        for condition, more in (("control", 0.0), ("joy", gain * rng.uniform(0.5, 1.5))):
            noise = rng.normal(0, 0.02, round(seconds / interval))
            values = probabilities(np.clip(own + more + noise, 0, 1))
            name, person = f"{number}_{condition}.mp4", f"P{number}"
            recordings.append(
                record(name, values, person=person, condition=condition, interval=interval)
            )
    return recordings


def observations_of(*recordings: Recording) -> list[Observation]:
    return observe(recordings, None, None)[0]
