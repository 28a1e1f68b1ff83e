"""Measures how answers get fewer and worse as photos get worse: whole pipeline, press photos.

Usage: python benchmarks/degradation.py [--data DATA] [--limit N] [--figure FILE.svg]
Reads press photos (no cinema) of PublicTest, at most three a person, in DATA/photos/faces.parquet.
Each photo stands in the middle of a gray square and is spoiled by one thing at a time: turn in the
image, size, light, blur, JPEG, cover. Turned heads cannot be made from photos; all press photos are
therefore also grouped by the yaw that Mien measures. Intervals are by bootstrap over people.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from pyarrow.parquet import read_table

from mien import Analyzer
from mien.emotions import EMOTIONS
from mien.results import Face
from mien.study.bootstrap import Interval, bootstrap_people

CANVAS, GRAY, PER_PERSON = 320, (128, 128, 128), 3
YAWS = (0, 10, 20, 30, 45, 180)
Spoil = Callable[[Image.Image, float], Image.Image]


@dataclass(frozen=True)
class Answers:
    """What was answered to N photos: bool (N,) each, and whose they are, int (N,)."""

    found: NDArray[np.bool_]
    usable: NDArray[np.bool_]
    right: NDArray[np.bool_]
    people: NDArray[np.intp]


def load(data: Path, limit: int) -> list[dict[str, Any]]:
    """Returns photos in an order of chance, at most three a person."""
    rows = read_table(
        data / "photos" / "faces.parquet", filters=[("usage", "=", "PublicTest")]
    ).to_pylist()
    rows = [row for row in rows if not row["person"].startswith("film:")]
    order, seen, picked = np.random.default_rng(0).permutation(len(rows)), Counter[str](), []
    for row in (rows[place] for place in order):
        seen[row["person"]] += 1
        if seen[row["person"]] <= PER_PERSON:
            picked.append(row)
    return picked[:limit]


def open_photo(row: dict[str, Any]) -> Image.Image:
    """Returns the photo of a row, in RGB."""
    return Image.open(BytesIO(row["image"])).convert("RGB")


def frame(photo: Image.Image, angle: float = 0, scale: float = 1) -> Image.Image:
    """Puts a photo on the gray square, turned and resized."""
    if scale != 1:
        size = [max(1, round(side * scale)) for side in photo.size]
        photo = photo.resize((size[0], size[1]), Image.Resampling.BOX if scale < 1 else None)
    turned = photo.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=GRAY)
    canvas = Image.new("RGB", (CANVAS, CANVAS), GRAY)
    canvas.paste(turned, ((CANVAS - turned.width) // 2, (CANVAS - turned.height) // 2))
    return canvas


def light(photo: Image.Image, factor: float) -> Image.Image:
    """Multiplies all values: under 1 darkens, over 1 overexposes."""
    return photo.point(lambda value: min(255, round(value * factor)))


def compress(photo: Image.Image, quality: float) -> Image.Image:
    """Saves as a JPEG and opens it again."""
    file = BytesIO()
    photo.save(file, "JPEG", quality=int(quality))
    return Image.open(file).convert("RGB")


def cover(photo: Image.Image, box: Sequence[float], share: float, from_top: bool) -> Image.Image:
    """Covers a share of the face's height in gray, from its chin or from its brow."""
    x, y, width, height = box
    top = y if from_top else y + height * (1 - share)
    photo = photo.copy()
    ImageDraw.Draw(photo).rectangle((x, top, x + width, top + height * share), fill=GRAY)
    return photo


SERIES: dict[str, tuple[str, tuple[float, ...], Spoil]] = {
    "turn in the image": ("degrees", (0, 15, 30, 45, 60, 90), frame),
    "size": (
        "times the side",
        (1, 0.75, 0.5, 0.35, 0.25, 0.18, 0.12),
        lambda it, at: frame(it, scale=at),
    ),
    "darkness": (
        "times the light",
        (1, 0.5, 0.25, 0.12, 0.06, 0.03),
        lambda it, at: light(frame(it), at),
    ),
    "overexposure": ("times the light", (1, 1.5, 2, 3, 4), lambda it, at: light(frame(it), at)),
    "blur": (
        "sigma, pixels",
        (0, 1, 2, 3, 4, 6, 8),
        lambda it, at: frame(it).filter(ImageFilter.GaussianBlur(at)),
    ),
    "compression": (
        "JPEG quality",
        (95, 50, 30, 20, 10, 5),
        lambda it, at: compress(frame(it), at),
    ),
}
COVERS = {"cover from the chin": False, "cover from the brow": True}
SHARES = (0, 0.2, 0.3, 0.4, 0.5, 0.6)


def largest(analyzer: Analyzer, photo: Image.Image) -> Face | None:
    """Returns the largest face."""
    return next(iter(analyzer.analyze(photo).faces), None)


def answer(faces: list[Face | None], rows: list[dict[str, Any]]) -> Answers:
    """Judges the face of each photo by the photo's label."""
    _, people = np.unique([row["person"] for row in rows], return_inverse=True)
    found = [face is not None for face in faces]
    usable = [face is not None and face.attributes.get("usable") == 1 for face in faces]
    right = [
        face is not None and face.emotion == EMOTIONS[row["emotion"]]
        for face, row in zip(faces, rows, strict=True)
    ]
    return Answers(np.array(found), np.array(usable), np.array(right), people)


def share(part: NDArray[np.bool_], whole: NDArray[np.bool_], people: Any) -> tuple[float, Interval]:
    """Returns the share of `whole` that is in `part` too, and its interval over people."""
    count = people.max() + 1
    hits = np.bincount(people, part & whole, count)
    totals = np.bincount(people, whole, count)

    def ratio(drawn: NDArray[np.intp]) -> float:
        total = totals[drawn].sum()
        return float(hits[drawn].sum() / total) if total else float("nan")

    return ratio(np.arange(count)), bootstrap_people(int(count), ratio)


def figures(answers: Answers) -> list[tuple[float, Interval]]:
    """Returns the shares: found; usable; right of all; right of the found; right of the usable."""
    every = np.ones_like(answers.found)
    pairs = (
        (answers.found, every),
        (answers.usable, every),
        (answers.right, every),
        (answers.right, answers.found),
        (answers.right, answers.usable),
    )
    return [share(part, whole, answers.people) for part, whole in pairs]


Curve = list[tuple[float, int, list[tuple[float, Interval]]]]


def measure(analyzer: Analyzer, rows: list[dict[str, Any]]) -> dict[str, tuple[str, Curve]]:
    """Returns each curve: its unit, and its points with n and shares."""
    photos = [open_photo(row) for row in rows]
    plain = [largest(analyzer, frame(photo)) for photo in photos]
    curves = {}
    for name, (unit, levels, spoil) in SERIES.items():
        faces = ([largest(analyzer, spoil(it, level)) for it in photos] for level in levels)
        curves[name] = (unit, to_curve(levels, faces, rows))
        print(f"{name} done", flush=True)
    for name, from_top in COVERS.items():
        faces = (
            [
                None if face is None else largest(analyzer, covered(photo, face, at, from_top))
                for photo, face in zip(photos, plain, strict=True)
            ]
            for at in SHARES
        )
        curves[name] = ("of the face's height", to_curve(SHARES, faces, rows))
    return curves


def covered(photo: Image.Image, face: Face, at: float, from_top: bool) -> Image.Image:
    """Covers a share of the box that was found in the plain photo."""
    box = (face.box.x, face.box.y, face.box.width, face.box.height)
    return cover(frame(photo), box, at, from_top)


def to_curve(levels: Sequence[float], faces: Any, rows: list[dict[str, Any]]) -> Curve:
    """Returns the points of a curve, a level each."""
    return [
        (level, len(rows), figures(answer(found, rows)))
        for level, found in zip(levels, faces, strict=True)
    ]


def by_yaw(analyzer: Analyzer, data: Path) -> Curve:
    """Returns the shares of all press photos grouped by the measured yaw of the head."""
    rows = load(data, 10**9)
    faces = [largest(analyzer, frame(open_photo(row))) for row in rows]
    yaws = [abs(face.attributes.get("yaw", np.nan)) if face else np.nan for face in faces]
    points = []
    for low, high in pairwise(YAWS):
        places = [place for place, yaw in enumerate(yaws) if low <= yaw < high]
        chosen = answer([faces[it] for it in places], [rows[it] for it in places])
        points.append((float(low), len(places), figures(chosen)))
    return points


def print_curve(name: str, unit: str, curve: Curve) -> None:
    """Prints a curve as a table of Markdown."""
    print(f"\n{name} ({unit})\n")
    print("| level | n | found, % | usable, % | right of all, % | right of found, % "
          "| right of usable, % |")  # fmt: skip
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for level, count, shares in curve:
        cells = [
            "-" if np.isnan(value) else f"{value:.1%} ({it.low:.1%} to {it.high:.1%})"
            for value, it in shares
        ]
        text = " | ".join(cells).replace("%", "").replace("(nan to nan)", "(-)")
        print(f"| {level:g} | {count} | {text} |")


def draw(curves: dict[str, tuple[str, Curve]], path: Path) -> None:
    """Draws all curves, small, with their intervals."""
    mpl.use("svg")
    mpl.rcParams |= {
        "svg.hashsalt": "mien",
        "svg.fonttype": "none",
        "font.size": 8,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    figure, axes = plt.subplots(2, 4, figsize=(10, 4.6), sharey=True, layout="constrained")
    styles = ((1, "usable", "#777777", ":"), (0, "found", "#4c72b0", "--"),
              (2, "right of all", "#c44e52", "-"))  # fmt: skip
    for axis, (name, (unit, curve)) in zip(axes.flat, curves.items(), strict=True):
        levels = range(len(curve))
        for place, label, color, line in styles:
            shares = [shares[place] for _, _, shares in curve]
            axis.plot(levels, [100 * it for it, _ in shares], line, color=color, label=label)
            low, high = ([100 * getattr(it, side) for _, it in shares] for side in ("low", "high"))
            axis.fill_between(levels, low, high, color=color, alpha=0.15, linewidth=0)
        axis.set_xticks(levels, [f"{level:g}" for level, _, _ in curve])
        axis.set(title=name, xlabel=unit, ylim=(0, 101))
    axes[0, 0].set_ylabel("% of the photos")
    axes[1, 0].set_ylabel("% of the photos")
    axes[0, 0].legend(frameon=False, loc="lower left")
    figure.savefig(path, metadata={"Date": None}, facecolor="white")


def main() -> None:
    """Prints the tables, and draws the figure if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--limit", type=int, default=300)
    parser.add_argument("--figure", type=Path)
    given = parser.parse_args()
    analyzer, rows = Analyzer(), load(given.data, given.limit)
    plain = [largest(analyzer, frame(open_photo(row))) for row in rows]
    side = np.median([face.attributes["side"] for face in plain if face])
    people = len({row["person"] for row in rows})
    print(f"{len(rows)} photos of {people} people; median side of the face {side:.0f} pixels")
    curves = measure(analyzer, rows)
    for name, (unit, curve) in curves.items():
        print_curve(name, unit, curve)
    print_curve("turned heads, by measured yaw", "degrees from", by_yaw(analyzer, given.data))
    if given.figure:
        draw(curves, given.figure)


if __name__ == "__main__":
    main()
