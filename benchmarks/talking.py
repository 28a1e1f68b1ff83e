"""How steady labels are while a person talks with an otherwise neutral face.

Usage: python benchmarks/talking.py PHOTOS CLIP [MODEL...]
PHOTOS is the photos.parquet of scripts/cut_photos.py, CLIP a video with a smile. Of each person of
the press photos in PublicTest with three neutral faces or more, six seconds are made from those
faces: the mouth dissolves from one to another four times a second, the rest stays, and the face
moves and flickers as in a camera's image. Every label but neutral is wrong there.
"""

import sys
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mien import Analyzer
from mien.data import FaceDataset, load_dataset
from mien.emotions import EMOTIONS
from mien.inference.classifier import Classifier
from mien.inference.tracking.smoothing import TIME_CONSTANT, LabelHold, Smoother

_NEUTRAL, _HAPPY = EMOTIONS.index("neutral"), EMOTIONS.index("happy")
_RATE, _SECONDS, _SYLLABLES = 25, 6, 4
_MOUTH = 30  # the row below which the mouth lies, of 48
_JITTER, _MOST, _NOISE = 0.3, 1.5, 3.0
_RESAMPLES = 2000

Images = NDArray[np.float64]


def talk(faces: Images, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Makes a talking face of neutral ones, uint8 (frames, 48, 48)."""
    count, step = _RATE * _SECONDS, _RATE / _SYLLABLES
    rows = np.arange(faces.shape[1])[:, None]
    mouth = 1 / (1 + np.exp(-(rows - _MOUTH) / 1.5))
    shapes = rng.integers(len(faces), size=int(count / step) + 2)
    walk = np.cumsum(rng.normal(0, _JITTER, (count, 2)), axis=0)
    walk = np.clip(walk - walk.mean(axis=0), -_MOST, _MOST).round().astype(int)
    frames = []
    for number, moved in enumerate(walk.tolist()):
        syllable, share = int(number / step), number / step % 1
        face = faces[number * len(faces) // count]
        one, other = faces[shapes[syllable]], faces[shapes[syllable + 1]]
        shape = (1 - share) * one + share * other
        shape = shape + face[_MOUTH:].mean() - shape[_MOUTH:].mean()
        frame = (1 - mouth) * face + mouth * shape + rng.normal(0, _NOISE, face.shape)
        frames.append(np.roll(frame, tuple(moved), (0, 1)))
    return np.clip(frames, 0, 255).astype(np.uint8)


def people_of(photos: FaceDataset) -> Iterator[Images]:
    """Yields the neutral faces of each person of the press photos who has three or more."""
    assert photos.people is not None
    neutral = (photos.splits == "PublicTest") & (photos.labels == _NEUTRAL)
    for person in np.unique(photos.people[neutral]):
        chosen = neutral & (photos.people == person)
        if chosen.sum() > 2 and not person.startswith("film:"):
            yield photos.images[chosen].astype(float)


def labels_of(rows: NDArray[np.float32], time_constant: float, holds: bool) -> NDArray[np.int64]:
    """Returns the label displayed in each frame."""
    smoother, hold = Smoother(time_constant), LabelHold()
    displayed = []
    for number, row in enumerate(rows):
        time = number / _RATE
        mean = smoother.update([0], row[None], time)
        displayed.append(hold.update([0], mean, time)[0] if holds else int(mean[0].argmax()))
    return np.array(displayed)


def changes_of(labels: NDArray[np.int64]) -> int:
    """Returns how often the label changes."""
    return int((labels[1:] != labels[:-1]).sum())


def clip_of(model: str, clip: str) -> str:
    """Returns how the clip's labels run: changes, and how late the smile is displayed."""
    faces = [(r.time, r.faces[0]) for r in Analyzer(model).stream(clip) if r.faces]
    raw = np.array([int(np.argmax(face.probabilities)) for _, face in faces])
    displayed = np.array([EMOTIONS.index(face.emotion) for _, face in faces])
    times = np.array([time for time, _ in faces])
    late = times[displayed == _HAPPY].min(initial=np.inf) - times[raw == _HAPPY].min(initial=np.inf)
    return f"{changes_of(raw)} | {changes_of(displayed)} | {late:.2f} s"


def main(photos: str, clip: str, *names: str) -> None:
    """Prints both tables."""
    rng = np.random.default_rng(0)
    videos = [talk(faces, rng) for faces in people_of(load_dataset(photos))]
    print(f"{len(videos)} people who talk, {_SECONDS} s each\n")
    print("| model | labels | neutral (95 % over people) | changes a minute |")
    print("| --- | --- | --- | --- |")
    ways = (
        ("of each frame", 0.0, False),
        ("smoothed", TIME_CONSTANT, False),
        ("and held: **displayed**", TIME_CONSTANT, True),
    )
    for name in names or ("default",):
        answers = [Classifier(name).predict(video).probabilities for video in videos]
        for way, time_constant, holds in ways:
            labels = [labels_of(rows, time_constant, holds) for rows in answers]
            shares = np.array([(one == _NEUTRAL).mean() for one in labels])
            drawn = rng.choice(shares, (_RESAMPLES, len(shares))).mean(axis=1)
            low, high = np.quantile(drawn, (0.025, 0.975))
            rate = np.mean([changes_of(one) for one in labels]) * 60 / _SECONDS
            share = f"{shares.mean():.1%} ({low:.1%} to {high:.1%})"
            print(f"| `{name}` | {way} | {share} | {rate:.1f} |")
    print("\n| model | changes in the clip, raw | displayed | the smile is displayed late by |")
    print("| --- | --- | --- | --- |")
    for name in names or ("default",):
        print(f"| `{name}` | {clip_of(name, clip)} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
