"""What one neutral photo of a person is worth for their other photos.

Usage: python benchmarks/baseline.py PHOTOS [MODEL...]
PHOTOS is the faces.parquet of press photos. Of each person with a neutral photo and others, each
neutral photo in turn is the baseline of all the others, as `mien baseline` would have it. The same
with a stranger's neutral photo says how much of the gain is the model's bias on such photos, and
how much the person's. People with ten photos or more are also corrected by the rest that is found
in them without any label. Intervals are 95 % by bootstrap over people. The form of the correction
was found on the Training split, from which `default` learned, too: PublicTest shows its worth.
"""

import io
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track

from mien import Analyzer
from mien.emotions import EMOTIONS
from mien.inference.records import open_records, read_records
from mien.results import FrameResult
from mien.study.baseline import Baseline, correct, find_baselines
from mien.study.bootstrap import bootstrap_people
from mien.study.recording import Recording, split_records

_NEUTRAL = EMOTIONS.index("neutral")
_PLACE = Path("baseline.csv")
_LEAST_PHOTOS = 10


def analyze(rows: list[dict[str, object]], model: str) -> list[Recording]:
    """Returns a recording a photo: its face nearest to the middle, if there is one."""
    analyzer = Analyzer(model)
    _PLACE.unlink(missing_ok=True)
    with open_records(_PLACE, analyzer.layout) as records:
        for number, row in enumerate(track(rows, "photos", transient=True)):
            image = Image.open(io.BytesIO(row["image"])).convert("RGB")
            result = analyzer.analyze(image)
            middle = (result.width / 2, result.height / 2)
            faces = sorted(
                result.faces,
                key=lambda face: (
                    abs(face.box.x + face.box.width / 2 - middle[0])
                    + abs(face.box.y + face.box.height / 2 - middle[1])
                ),
            )
            records.write(
                FrameResult(
                    f"{number}",
                    *(result.width, result.height, tuple(faces[:1])),
                    labels=result.labels,
                    attributes=result.attributes,
                    detector=result.detector,
                )
            )
    recordings = split_records(read_records(_PLACE))
    _PLACE.unlink()
    return recordings


def find(photo: Recording) -> Baseline | None:
    """Returns the baseline that one photo gives; None where it is refused."""
    calm = Recording("calm", photo.records, columns={"condition": "neutral"})
    return find_baselines([calm], on_problem=lambda _: None).get("calm")


def judge(
    own: list[Recording], labels: NDArray[np.int64], stranger: Baseline | None
) -> NDArray[np.float64]:
    """Returns one person's sums, (3, 4): rows are all faces, neutral ones, others.

    Columns: how many there are; how many are right as they are, by the person's baseline, by a
    stranger's.
    """
    sums = np.zeros((3, 4))
    neutral = np.flatnonzero(labels == _NEUTRAL)
    for base in neutral:
        others = np.delete(np.arange(len(own)), base)
        raw, truth = np.concatenate([own[at].records.raw for at in others]), labels[others]
        right = [np.ones(len(others), bool)] + [
            correct(raw, baseline).argmax(axis=1) == truth
            for baseline in (None, find(own[base]), stranger)
        ]
        chosen = np.stack([truth > -1, truth == _NEUTRAL, truth != _NEUTRAL]).astype(float)
        sums += chosen @ np.stack(right, axis=1) / len(neutral)
    return sums


def judge_rest(own: list[Recording], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Returns the same for a person whose neutral face is found at rest, without any label."""
    named = [Recording("", photo.records, columns={"participant": "one"}) for photo in own]
    baseline = find_baselines(named, on_problem=lambda _: None).get("one")
    raw = np.concatenate([photo.records.raw for photo in own])
    right = [np.ones(len(own), bool)] + [
        correct(raw, used).argmax(axis=1) == labels for used in (None, baseline, None)
    ]
    chosen = np.stack([labels > -1, labels == _NEUTRAL, labels != _NEUTRAL]).astype(float)
    return np.asarray(chosen @ np.stack(right, axis=1))


def format_gain(sums: NDArray[np.float64], before: int, after: int) -> str:
    """Formats the difference between two columns of people's sums (P, 4), with its interval."""

    def gain(drawn: NDArray[np.intp]) -> float:
        total = sums[drawn].sum(axis=0)
        return float(100 * (total[after] - total[before]) / total[0]) if total[0] else np.nan

    interval = bootstrap_people(len(sums), gain)
    figure = gain(np.arange(len(sums)))
    return f"{figure:+.2f} ({interval.low:+.2f} to {interval.high:+.2f})"


def print_gains(title: str, sums: NDArray[np.float64]) -> None:
    """Prints three lines for the sums of people, (P, 3, 4)."""
    for place, what in enumerate(("all", "neutral", "others")):
        part = sums[:, place]
        n, before, after, _ = part.sum(axis=0)
        print(
            f"{title}, {what}: {len(part)} people, n = {n:.0f}; {100 * before / n:.1f} % -> "
            f"{100 * after / n:.1f} %, {format_gain(part, 1, 2)}; with a stranger's "
            f"{format_gain(part, 1, 3)}; own over stranger's {format_gain(part, 3, 2)}",
            flush=True,
        )


def report(model: str, split: str, rows: list[dict[str, object]]) -> None:
    """Prints what a baseline is worth for the people of one split."""
    recordings = analyze(rows, model)
    people: dict[str, list[int]] = {}
    for at, (row, recording) in enumerate(zip(rows, recordings, strict=True)):
        if (recording.records.label >= 0).any():
            people.setdefault(str(row["person"]), []).append(at)
    labels = np.array([row["emotion"] for row in rows])
    chosen = [own for own in people.values() if len(own) > 1 and (labels[own] == _NEUTRAL).any()]
    # Each person's stranger is the next person, by that one's first neutral photo.
    first = [next(at for at in own if labels[at] == _NEUTRAL) for own in chosen]
    strangers = [find(recordings[at]) for at in [*first[1:], first[0]]]
    sums = [
        judge([recordings[at] for at in own], labels[own], stranger)
        for own, stranger in zip(chosen, strangers, strict=True)
    ]
    print_gains(f"{model} {split}, one neutral photo", np.array(sums))
    rest = [
        judge_rest([recordings[at] for at in own], labels[own])
        for own in people.values()
        if len(own) >= _LEAST_PHOTOS
    ]
    print_gains(f"{model} {split}, rest", np.array(rest))


def main(photos: Path, models: list[str]) -> None:
    table = pq.read_table(photos).to_pylist()
    for model in models:
        for split in ("PublicTest", "Training"):
            rows = [row for row in table if row["usage"] == split and "film:" not in row["person"]]
            report(model, split, rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] or ["default", "fer2013"])
