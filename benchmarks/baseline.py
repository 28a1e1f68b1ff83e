"""What one neutral photo of a person is worth for their other photos.

Usage: python benchmarks/baseline.py PHOTOS [MODEL...]
PHOTOS is the faces.parquet of press photos. Of each person with a neutral photo and others, each
neutral photo in turn is the baseline of all the others, as `mien baseline` would have it. Intervals
are 95 % by bootstrap over people. The form of the correction and its weight were found on the
Training split, from which `default` learned, too: PublicTest shows what they are worth.
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
from mien.study.baseline import correct, find_baselines
from mien.study.bootstrap import bootstrap_people
from mien.study.recording import Recording, split_records

_NEUTRAL = EMOTIONS.index("neutral")
_PLACE = Path("baseline.csv")


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


def judge(own: list[Recording], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Returns one person's sums: n, right before and after, of all faces, neutral, others."""
    sums = np.zeros(9)
    neutral = np.flatnonzero(labels == _NEUTRAL)
    for base in neutral:
        calm = Recording("calm", own[base].records, columns={"condition": "neutral"})
        found = find_baselines([calm], on_problem=lambda _: None)
        baseline = next(iter(found.values()), None)
        others = np.delete(np.arange(len(own)), base)
        raw = np.concatenate([own[at].records.raw for at in others])
        before = raw.argmax(axis=1) == labels[others]
        after = correct(raw, baseline).argmax(axis=1) == labels[others]
        is_neutral = labels[others] == _NEUTRAL
        for place, chosen in enumerate((np.ones(len(others), bool), is_neutral, ~is_neutral)):
            counts = np.array([chosen.sum(), before[chosen].sum(), after[chosen].sum()])
            sums[3 * place : 3 * place + 3] += counts / len(neutral)
    return sums


def report(model: str, split: str, rows: list[dict[str, object]]) -> None:
    recordings = analyze(rows, model)
    people: dict[str, list[int]] = {}
    for at, (row, recording) in enumerate(zip(rows, recordings, strict=True)):
        if (recording.records.label >= 0).any():
            people.setdefault(str(row["person"]), []).append(at)
    labels = np.array([row["emotion"] for row in rows])
    sums = np.array(
        [
            judge([recordings[at] for at in own], labels[own])
            for own in people.values()
            if len(own) > 1 and (labels[own] == _NEUTRAL).any()
        ]
    )
    for place, what in enumerate(("all", "neutral", "others")):
        part = sums[:, 3 * place : 3 * place + 3]
        n, before, after = part.sum(axis=0)

        def gain(drawn: NDArray[np.intp], part: NDArray[np.float64] = part) -> float:
            count, was, became = part[drawn].sum(axis=0)
            return float(100 * (became - was) / count) if count else np.nan

        interval = bootstrap_people(len(part), gain)
        limits = f"{interval.low:+.2f} to {interval.high:+.2f}"
        accuracies = f"{100 * before / n:.1f} % -> {100 * after / n:.1f} %"
        change = 100 * (after - before) / n
        who = f"{model} {split}, {what}: {len(part)} people, n = {n:.0f}"
        print(f"{who}; {accuracies} ({change:+.2f}, {limits})", flush=True)


def main(photos: Path, models: list[str]) -> None:
    table = pq.read_table(photos).to_pylist()
    for model in models:
        for split in ("PublicTest", "Training"):
            rows = [row for row in table if row["usage"] == split and "film:" not in row["person"]]
            report(model, split, rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] or ["default", "fer2013"])
