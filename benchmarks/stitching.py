"""Compares split videos with the same videos as a whole: docs/scale.md has the figures.

Usage: python -m benchmarks.stitching [DATA] [MODEL], in the project's folder
Videos: the shared clip to and fro for a minute, which is split twice; and videos of 12 seconds,
split in the middle, of faces of FER2013: two people cross there, or one is hidden.
Prints how many rows are the same in every digit, how many people there are more or fewer, and the
largest differences of a box, in pixels, and of a probability.
"""

import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from unittest.mock import patch

import av
import numpy as np
import pandas as pd
from benchmarks.stream import to_and_fro
from tests.inference.canvas import HEIGHT, WIDTH, Actor, Place, faces, hidden, line, video

from mien.batch import video_parts as video_parts_module
from mien.batch.analysis import Models, analyze_task, layout_of
from mien.batch.plan import Item, Options, plan_tasks
from mien.batch.stitching import stitch
from mien.batch.video_parts import find_split_points
from mien.inference.analyzer import Analyzer
from mien.inference.media.images import Pixels

SECONDS = 12
RATE = 15
LEADS = (1, 3)
STILL = line((500, 80, 100), (500, 80, 100), 1)


@dataclass
class Differences:
    """How splitting changes the rows of some videos."""

    videos: int = 0
    rows: int = 0
    same: int = 0
    people: int = 0
    box: float = 0.0
    probability: float = 0.0

    def add(self, split: pd.DataFrame, whole: pd.DataFrame) -> None:
        """Compares a video, by the rows of the same frame and person."""
        self.videos += 1
        self.rows += len(whole)
        self.people += abs(split["person"].nunique() - whole["person"].nunique())
        keys = ["frame", "person"]
        split, whole = split.set_index(keys).fillna(-1), whole.set_index(keys).fillna(-1)
        split, whole = split.align(whole, join="inner", axis=0)
        self.same += int((split == whole).all(axis=1).sum())
        self.box = max(self.box, _largest(split, whole, ("x", "y", "width", "height")))
        probabilities = tuple(name for name in whole if name.startswith(("raw_", "smoothed_")))
        self.probability = max(self.probability, _largest(split, whole, probabilities))


def _largest(split: pd.DataFrame, whole: pd.DataFrame, columns: Iterable[str]) -> float:
    return float(np.abs(split[list(columns)] - whole[list(columns)]).to_numpy().max())


def crossing(data: Path) -> Iterator[list[Actor]]:
    people = faces(data)
    for apart in (0, 60):
        right = line((100, 150, 110), (540, 150, 110), 2)
        left = line((540, 150 + apart, 120), (100, 150 + apart, 120), 2)
        for start in (4.0, 4.5, 5.0, 5.5):
            yield [Actor(people[0], later(right, start)), Actor(people[1], later(left, start))]


def later(path: Callable[[float], Place], start: float) -> Callable[[float], Place]:
    return lambda time: path(max(time - start, 0.0))


def hiding(data: Path) -> Iterator[list[Actor]]:
    people, path = faces(data), line((200, 150, 100), (450, 200, 120), SECONDS)
    for leaves, returns in ((5.0, 5.5), (5.5, 6.5), (5.0, 6.9), (4.5, 7.0), (5.5, 7.4)):
        yield [Actor(people[0], hidden(path, leaves, returns)), Actor(people[1], STILL)]


def encode(images: Iterable[Pixels], path: Path) -> Path:
    """Writes a video with a key frame every two seconds."""
    with av.open(str(path), "w") as container:
        track = container.add_stream("libx264", RATE, {"g": str(2 * RATE), "threads": "1"})
        track.width, track.height, track.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for pixels in images:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    return path


def rows_of(path: Path, models: Models, longest: float | None) -> pd.DataFrame:
    points = () if longest is None else find_split_points(str(path), longest)
    assert longest is None or points
    item = Item(0, str(path), "film", path.stat().st_size, "", split_points=points)
    results = [analyze_task(task, models) for task in plan_tasks([item])]
    result = results[0] if longest is None else stitch(item, results, models.options)
    assert not result.failures, result.failures
    return result.rows.to_pandas()


def print_differences(name: str, videos: list[Path], models: Models, longest: float) -> None:
    wholes = [rows_of(path, models, None) for path in videos]
    for lead in LEADS:
        total = Differences()
        with patch.object(video_parts_module, "LEAD", lead):
            for path, whole in zip(videos, wholes, strict=True):
                total.add(rows_of(path, models, longest), whole)
        print(
            f"| {name} | {lead} s | {total.videos} | {total.rows} | {total.same} | {total.people} "
            f"| {total.box:.1f} | {total.probability:.6f} |",
            flush=True,
        )


def main(data: str = "../shared/data", model: str = "default-int8") -> None:
    options = Options(model, 0.0, False, 600.0, "/").with_layout(layout_of(Analyzer(model)))
    models = Models(options)
    print("| videos | lead | videos | rows | the same | people amiss | box | probability |")
    print("| --- |" + " --- |" * 7)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip = to_and_fro(Path(data, "media", "one_face.mp4"))
        minute = encode(islice(clip, 60 * RATE), folder / "clip.mp4")
        print_differences("the clip, to and fro", [minute], models, 20)
        for kind, scenes in (("crossing", crossing(Path(data))), ("hiding", hiding(Path(data)))):
            made = [
                encode(
                    (frame.pixels for frame in video(actors, SECONDS, RATE)),
                    folder / f"{kind}{number}.mp4",
                )
                for number, actors in enumerate(scenes)
            ]
            print_differences(kind, made, models, SECONDS / 2)


if __name__ == "__main__":
    main(*sys.argv[1:])
