"""Records for the tests, as a pipeline would give them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from mien.emotions import EMOTIONS, UNSURE
from mien.inference.records import Records, open_records, read_records
from mien.results import Box, Face, FrameResult

Displayed = Sequence[tuple[int | None, str, float]]  # person, label, its probability


def face(person: int | None, label: str, top: float) -> Face:
    at = 0 if label == UNSURE else EMOTIONS.index(label)
    rest = (1 - top) / 6
    values = tuple(top if emotion == at else rest for emotion in range(7))
    smoothed = None if person is None else values
    unsure_below = 1.0 if label == UNSURE else 0.0
    box = Box(10.0 * (person or 0), 20, 30, 40)
    return Face(
        box=box,
        probabilities=values,
        score=0.9,
        person=person,
        smoothed=smoothed,
        unsure_below=unsure_below,
    )


def make(
    folder: Path, frames: Iterable[tuple[float, Displayed]], source: str = "talk.mp4"
) -> Records:
    """Records of frames, each a time and the faces in it."""
    path = folder / f"{len(list(folder.iterdir()))}.csv"
    with open_records(path) as records:
        for number, (time, faces) in enumerate(frames):
            result = FrameResult(source, 640, 360, tuple(face(*it) for it in faces), number, time)
            records.write(result)
    return read_records(path)


def alone(labels: Sequence[str | None], interval: float = 0.1, top: float = 0.7) -> list:
    """One person's frames at a steady rate; None: out of view."""
    return [
        (at * interval, [] if label is None else [(1, label, top)])
        for at, label in enumerate(labels)
    ]
