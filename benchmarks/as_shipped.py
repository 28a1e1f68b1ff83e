"""Mien and three other programs as they ship, on the same whole photos.

    python benchmarks/as_shipped.py [--data FOLDER] [--environment FOLDER] [--limit N] [--out FILE]

Mien, `fer` (PyPI), `@vladmandic/face-api` and `@vladmandic/human` (npm, WebAssembly in Node.js)
detect faces and classify their expressions, each with its own models and default settings. One
setting differs: human detects one face by default, and here up to 20 (see peers/peer.cjs).

- Press photos, photos/faces.parquet (PublicTest): the largest detected face is the prediction.
  Most are cut close to the face, and face-api's detector finds hardly any face that fills its
  image. So `press` measures its detector, not its labels; `press, framed` has the same photos
  with a gray margin of 1.5 times the longer side all around. Of 0.5, 0.75, 1, 1.5 and 2 times,
  the smallest with the fewest missed faces of all programs on 30 of the photos was chosen.
- Scenes, photos/scenes.parquet: the detected face with the highest IoU with the labelled box, at
  least 0.3, is the prediction.

A missed face is wrong. Labels are mapped to FER2013's seven. All programs get the same decoded
pixels; decoding is not timed. Intervals are by bootstrap: over people for press photos, over photos
for scenes. Models are read from the packages.

The environments of the other programs are made in --environment, and used again, or in a temporary
folder. The photos' pixels, up to 2 GB, are in a temporary folder during the run.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pyarrow.parquet import read_table

from mien import Analyzer, __version__
from mien.emotions import EMOTIONS
from mien.evaluation.people import accuracy_over_people
from peer_fer import make_environment

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "shared" / "data"
MODELS = ("default", "small")
TEST = [("usage", "=", "PublicTest")]
SETS = {  # file, its rows, margin as a share of the longer side
    "press": ("faces.parquet", TEST, 0.0),
    "press, framed": ("faces.parquet", TEST, 1.5),
    "scenes": ("scenes.parquet", None, 0.0),
}
GRAY = 127
LABELS = {name: name for name in EMOTIONS} | {
    "fearful": "fear",
    "disgusted": "disgust",
    "surprised": "surprise",
}
MISSED = -1
_LEAST_IOU = 0.3
_HEADER = (
    *("photos", "program", "model", "n", "right, % (95 %)", "mean recall, %", "neutral, %"),
    *("missed, %", "ms a photo"),
)

Box = tuple[float, float, float, float]  # left, top, width, height
Face = dict[str, Any]  # its "box", and its "scores" by label


@dataclass(frozen=True)
class Peer:
    """A program that Mien is compared with.

    Attributes:
        name: of the package.
        model: the file of its expression model, as the package ships it.
        training: what the package says of the model's training data.
    """

    name: str
    model: str
    training: str


PEERS = (
    Peer(
        "fer",
        "emotion_model_quantized.tflite",
        "credits oarriaga/face_classification, and cites FER2013 as its data set",
    ),
    Peer(
        "@vladmandic/face-api",
        "face_expression_model.bin",
        '"a variety of images from publicly available datasets as well as images scraped from the '
        'web" (TUTORIAL.md)',
    ),
    Peer(
        "@vladmandic/human",
        "emotion.json",
        "names no data set; its model file says that it comes from oarriaga/face_classification, "
        "whose README names FER2013",
    ),
)


@dataclass(frozen=True)
class Photos:
    """A set of labelled photos.

    Attributes:
        name: of the set.
        folder: has the pixels as raw RGB, and index.json.
        index: file, width and height of each photo, as in index.json.
        names: (N,), the photos' names in the data set.
        labels: (N,), indices into `EMOTIONS`.
        people: (N,), who each photo shows; "" if that is not known.
        boxes: of the labelled faces; None if the largest face is the labelled one.
    """

    name: str
    folder: Path
    index: list[dict[str, Any]]
    names: list[str]
    labels: NDArray[np.int64]
    people: NDArray[np.str_]
    boxes: list[Box] | None


@dataclass(frozen=True)
class Predictions:
    """What one program predicts: the faces of each photo, and milliseconds."""

    program: str
    model: str
    faces: list[list[Face]]
    times: list[float]


def read_photos(data: Path, name: str, limit: int | None, folder: Path) -> Photos:
    """Reads a set, or `limit` photos spread evenly over it, and writes the pixels to `folder`."""
    file, filters, margin = SETS[name]
    rows = read_table(data / "photos" / file, filters=filters).to_pylist()
    if limit is not None:
        rows = [rows[i] for i in np.linspace(0, len(rows) - 1, min(limit, len(rows)), dtype=int)]
    return Photos(
        name,
        folder,
        _write_pixels(rows, margin, folder),
        [row["name"] for row in rows],
        np.array([row["emotion"] for row in rows]),
        np.array([row.get("person", "") for row in rows]),
        [_to_box(*row["box"]) for row in rows] if "box" in rows[0] else None,
    )


def _to_box(left: float, top: float, right: float, bottom: float) -> Box:
    return left, top, right - left, bottom - top


def _write_pixels(rows: list[dict[str, Any]], margin: float, folder: Path) -> list[dict[str, Any]]:
    """Writes raw RGB, so that every program gets the same pixels; returns the index."""
    index = []
    for number, row in enumerate(rows):
        pixels = np.asarray(Image.open(BytesIO(row["image"])).convert("RGB"))
        width = round(margin * max(pixels.shape))
        pixels = np.pad(pixels, ((width, width), (width, width), (0, 0)), constant_values=GRAY)
        pixels.tofile(folder / f"{number}.rgb")
        index.append({"file": f"{number}.rgb", "width": pixels.shape[1], "height": pixels.shape[0]})
    (folder / "index.json").write_text(json.dumps(index))
    return index


def run_mien(photos: Photos, model: str) -> Predictions:
    """Returns Mien's predictions."""
    analyzer = Analyzer(model)
    faces, times = [], []
    for photo in photos.index:
        raw = np.fromfile(photos.folder / photo["file"], np.uint8)
        pixels = raw.reshape(photo["height"], photo["width"], 3)
        started = time.perf_counter()
        result = analyzer.analyze(pixels)
        times.append(1000 * (time.perf_counter() - started))
        faces.append(
            [
                {
                    "box": (face.box.x, face.box.y, face.box.width, face.box.height),
                    "scores": dict(zip(face.labels, map(float, face.probabilities), strict=True)),
                }
                for face in result.faces
            ]
        )
    card = analyzer.classifier.card
    return Predictions(f"Mien {__version__}", f"`{model}` {card.version}", faces, times)


def run_peer(peer: Peer, command: list[str], photos: Photos) -> Predictions:
    """Returns a peer's predictions; prints the photos that it fails on.

    The peer runs in the photos' temporary folder, since fer may write files where it runs.

    Raises:
        SystemExit: it fails as a whole.
    """
    done = subprocess.run(
        [*command, str(photos.folder)],
        cwd=photos.folder,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    # Libraries print lines of their own.
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or len(lines) != 1 + len(photos.index):
        raise SystemExit(f"{peer.name} failed after {max(len(lines) - 1, 0)} photos; see above.")
    for name, line in zip(photos.names, lines[1:], strict=True):
        if line.get("error"):
            print(f"{peer.name} fails on {name}: {line['error']}", file=sys.stderr)
    return Predictions(
        f"`{peer.name}` {lines[0]['version']}",
        f"`{peer.model}`",
        [line["faces"] for line in lines[1:]],
        [line["ms"] for line in lines[1:]],
    )


def make_peers(folder: Path) -> dict[str, list[str]]:
    """Installs the peers unless they are installed; returns the command of each."""
    if shutil.which("npm") is None:
        raise SystemExit("npm not found. Install Node.js 20 or later with npm.")
    folder.mkdir(parents=True, exist_ok=True)
    python = make_environment(folder / "fer")
    npm = folder / "npm"
    npm.mkdir(exist_ok=True)
    for name in ("package.json", "peer.cjs"):
        shutil.copy(HERE / "peers" / name, npm / name)
    options = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
    subprocess.run(["npm", "install", *options], cwd=npm, check=True)
    node = ["node", str(npm / "peer.cjs")]
    return {
        "fer": [str(python), str(HERE / "peers" / "fer_peer.py")],
        "@vladmandic/face-api": [*node, "face-api"],
        "@vladmandic/human": [*node, "human"],
    }


def to_labels(photos: Photos, predictions: Predictions) -> NDArray[np.int64]:
    """Returns the label of each photo's face; `MISSED` if it is not detected."""
    labels = np.full(len(photos.index), MISSED)
    for index, faces in enumerate(predictions.faces):
        face = _pick(faces, None if photos.boxes is None else photos.boxes[index])
        if face is not None and face["scores"]:
            best = max(face["scores"], key=face["scores"].get)
            labels[index] = EMOTIONS.index(LABELS[best])
    return labels


def _pick(faces: list[Face], box: Box | None) -> Face | None:
    """Returns the face at `box`, or the largest if there is no box; None if it is missed."""
    if box is None:
        return max(faces, key=lambda face: face["box"][2] * face["box"][3], default=None)
    near = [face for face in faces if _iou(face["box"], box) >= _LEAST_IOU]
    return max(near, key=lambda face: _iou(face["box"], box), default=None)


def _iou(first: Box, second: Box) -> float:
    """Returns the intersection over the union."""
    width, height = (
        min(first[axis] + first[axis + 2], second[axis] + second[axis + 2])
        - max(first[axis], second[axis])
        for axis in (0, 1)
    )
    common = max(width, 0) * max(height, 0)
    return common / (first[2] * first[3] + second[2] * second[3] - common)


def format_row(photos: Photos, predictions: Predictions) -> str:
    """Returns a row of the table."""
    labels = to_labels(photos, predictions)
    right = labels == photos.labels
    score = accuracy_over_people(right, photos.people)
    low, high = score.accuracy_interval
    recalls = {label: right[photos.labels == label].mean() for label in np.unique(photos.labels)}
    cells = (
        photos.name,
        predictions.program,
        predictions.model,
        f"{len(labels):,}",
        f"{100 * score.accuracy:.1f} ({100 * low:.1f} to {100 * high:.1f})",
        f"{100 * np.mean(list(recalls.values())):.1f}",
        f"{100 * recalls.get(EMOTIONS.index('neutral'), np.nan):.1f}",
        f"{100 * (labels == MISSED).mean():.1f}",
        f"{np.median(predictions.times):.0f}",
    )
    return f"| {' | '.join(cells)} |"


def to_record(photos: Photos, predictions: Predictions) -> dict[str, Any]:
    """Returns what --out keeps of a program's predictions on a set."""
    labels = to_labels(photos, predictions)
    return {
        "photos": photos.name,
        "program": predictions.program,
        "model": predictions.model,
        "names": photos.names,
        "labels": [EMOTIONS[label] for label in photos.labels],
        "predicted": [None if label == MISSED else EMOTIONS[label] for label in labels],
        "faces": predictions.faces,
        "ms": predictions.times,
    }


def run_all(photos: Photos, commands: dict[str, list[str]]) -> Iterator[Predictions]:
    """Runs each program on a set, one after the other."""
    for model in MODELS:
        yield run_mien(photos, model)
    for peer in PEERS:
        yield run_peer(peer, commands[peer.name], photos)


def compare(data: Path, environment: Path, limit: int | None, scratch: Path) -> list[Any]:
    """Prints the table; returns the records of all predictions."""
    commands = make_peers(environment)
    records = []
    print(f"| {' | '.join(_HEADER)} |\n| {' | '.join('---' for _ in _HEADER)} |", flush=True)
    for name in SETS:
        folder = scratch / name
        folder.mkdir()
        photos = read_photos(data, name, limit, folder)
        for predictions in run_all(photos, commands):
            print(format_row(photos, predictions), flush=True)
            records.append(to_record(photos, predictions))
        shutil.rmtree(folder)
    return records


def print_notes() -> None:
    """Prints what each program says of its training data, and what limits the comparison."""
    print("\nTraining data, as each program states it:\n")
    for model in MODELS:
        sources = Analyzer(model).classifier.card.sources
        stated = "; ".join(f"{source.faces:,} faces of {source.terms}" for source in sources)
        print(f"- Mien, `{model}`: {stated}")
    for peer in PEERS:
        print(f"- `{peer.name}`, `{peer.model}`: {peer.training}")
    print("\nMien's source of press photos is the Training split of the press set: other people,")
    print("but the same kind of photos and the same annotators. Press photos are cut close to the")
    print("face: most of what face-api misses there it detects when framed by a gray margin.")


def main() -> None:
    """Compares the programs."""
    parser = argparse.ArgumentParser(description="Mien and other programs as they ship.")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--environment", type=Path, help="the peers'; a temporary one by default")
    parser.add_argument("--limit", type=int, help="photos of each set")
    parser.add_argument("--out", type=Path, help="the JSON file to write all predictions to")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        environment = (arguments.environment or scratch / "peers").resolve()
        records = compare(arguments.data, environment, arguments.limit, scratch)
    print_notes()
    if arguments.out:
        arguments.out.write_text(json.dumps(records))


if __name__ == "__main__":
    main()
